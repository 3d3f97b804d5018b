package io.github.lanewise.bench;

import java.util.Arrays;

/**
 * What a contender took for a call.
 *
 * @param medianNanos of the samples
 * @param minNanos the fastest sample
 * @param spread half the distance between the quartiles, as a share of the median
 * @param samples how many, each of one call or, of short calls, the mean of many
 */
public record Timing(double medianNanos, double minNanos, double spread, int samples) {
  /** Of the first {@code count} samples. */
  static Timing of(double[] samples, int count) {
    double[] sorted = Arrays.copyOf(samples, count);
    Arrays.sort(sorted);
    double median = quantile(sorted, 0.5);
    double spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median;
    return new Timing(median, sorted[0], spread, count);
  }

  /** Between two samples, the line through both. */
  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
