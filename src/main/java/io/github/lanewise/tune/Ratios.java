package io.github.lanewise.tune;

import java.util.Arrays;

/** Speeds of a candidate as multiples of what it is compared to, each from one pair of timings. */
final class Ratios {
  /** Makes a median absolute deviation that of a normal distribution's standard deviation. */
  private static final double SIGMA = 1.4826;

  /** Standard error of a median, over that of a mean. */
  private static final double MEDIAN_ERROR = 1.2533;

  private double[] values = new double[8];
  private int count;

  void add(double ratio) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = ratio;
  }

  int count() {
    return count;
  }

  /** The largest one. */
  double greatest() {
    double greatest = 0;
    for (int i = 0; i < count; i++) {
      greatest = Math.max(greatest, values[i]);
    }
    return greatest;
  }

  /** The middle one. */
  double median() {
    return median(Arrays.copyOf(values, count));
  }

  /**
   * Twice the standard error of the median: a ratio this far from 1 is chance once in twenty times.
   * With fewer than three pairs nothing is known: infinite.
   */
  double noise() {
    if (count < 3) {
      return Double.POSITIVE_INFINITY;
    }
    double median = median();
    double[] deviations = new double[count];
    for (int i = 0; i < count; i++) {
      deviations[i] = Math.abs(values[i] - median);
    }
    return 2 * MEDIAN_ERROR * SIGMA * median(deviations) / Math.sqrt(count);
  }

  private static double median(double[] numbers) {
    Arrays.sort(numbers);
    int half = numbers.length / 2;
    return numbers.length % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
  }
}
