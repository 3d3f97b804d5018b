package io.github.lanewise.op;

import io.github.lanewise.kernel.rope.RopeReference;
import java.util.Arrays;

/**
 * How fast the pairs of a head turn in a {@link Rope}: pair p by {@code theta^(-2p / rotaryDim)}
 * radians from one position to the next (Su et al. 2021), unless a {@link RopeScaling} changes
 * that. Immutable.
 */
public final class RopeFrequencies {
  private final double[] radians;
  private final double magnitude;

  RopeFrequencies(double[] radians, double magnitude) {
    this.radians = radians;
    this.magnitude = magnitude;
  }

  /**
   * The frequencies of the paper.
   *
   * @param rotaryDim elements of a head that turn, an even number: all of them, or the first ones
   *     (partial rotary embedding, as in GPT-J and GPT-NeoX)
   * @param theta base, usually 10,000
   * @throws IllegalArgumentException if rotaryDim is odd or not positive, theta not a positive
   *     number
   */
  public static RopeFrequencies of(int rotaryDim, double theta) {
    Checks.positive("rotaryDim", rotaryDim);
    if (rotaryDim % 2 != 0) {
      throw new IllegalArgumentException("rotaryDim is " + rotaryDim + ", must be even");
    }
    if (!(theta > 0) || Double.isInfinite(theta)) {
      throw new IllegalArgumentException("theta is " + theta + ", must be a positive number");
    }
    double[] radians = new double[rotaryDim / 2];
    Arrays.setAll(radians, pair -> RopeReference.frequency(pair, rotaryDim, theta));
    return new RopeFrequencies(radians, 1);
  }

  /** Elements of a head that turn. */
  public int rotaryDim() {
    return 2 * radians.length;
  }

  /** The angle by which pair {@code pair} turns from one position to the next. */
  public double radians(int pair) {
    return radians[pair];
  }

  /** What turned elements are multiplied by: 1 except with YaRN. */
  public double magnitude() {
    return magnitude;
  }
}
