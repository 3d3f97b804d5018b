package io.github.lanewise.op;

import java.util.ArrayList;
import java.util.List;

/** The slopes of ALiBi as its paper sets them (Press et al. 2022, section 3). */
public final class AlibiSlopes {
  private AlibiSlopes() {}

  /**
   * One slope a head: the geometric sequence 2^(-8/n), 2^(-16/n), ... for n heads, n a power of
   * two. For other counts, those of the next lower power of two, then every other one of twice
   * that, as the authors' code does.
   */
  public static List<Float> of(int numHeads) {
    Checks.positive("numHeads", numHeads);
    int power = Integer.highestOneBit(numHeads);
    List<Float> slopes = new ArrayList<>();
    for (int h = 0; h < power; h++) {
      slopes.add((float) Math.pow(2, -8.0 * (h + 1) / power));
    }
    for (int h = 0; h < numHeads - power; h++) {
      slopes.add((float) Math.pow(2, -8.0 * (2 * h + 1) / (2 * power)));
    }
    return List.copyOf(slopes);
  }
}
