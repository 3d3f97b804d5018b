package io.github.lanewise.kernel.attention;

import java.util.List;

/**
 * A number of each query head, or none.
 *
 * <p>An array and not a {@code List}: which of the JDK's lists it is, C2 would ask in front of the
 * loop over a panel's lanes. Where operations with lists of different classes had run, the answer
 * was wrong, the loop was thrown away and compiled again with the same question, 98 times in a row.
 */
public final class PerHead {
  private final float[] numbers;

  private PerHead(float[] numbers) {
    this.numbers = numbers;
  }

  /** These numbers times a factor; none if the list is empty. */
  public static PerHead of(List<Float> numbers, float factor) {
    float[] scaled = new float[numbers.size()];
    for (int head = 0; head < scaled.length; head++) {
      scaled[head] = numbers.get(head) * factor;
    }
    return new PerHead(scaled);
  }

  /** Whether there are any. */
  public boolean areGiven() {
    return numbers.length > 0;
  }

  /** That of a head, or {@code absent} if there are none. */
  public float get(int head, float absent) {
    return numbers.length == 0 ? absent : numbers[head];
  }
}
