package io.github.lanewise.inspect;

/** Exact binomial tests. */
final class Binomial {
  private Binomial() {}

  /** The probability of {@code successes} or more in {@code trials} of probability {@code p}. */
  static double atLeast(int successes, int trials, double p) {
    if (successes <= 0) {
      return 1;
    }
    double sum = 0;
    double logChoose = 0;
    for (int k = 0; k <= trials; k++) {
      if (k > 0) {
        logChoose += Math.log(trials - k + 1) - Math.log(k);
      }
      if (k >= successes) {
        sum += Math.exp(logChoose + k * Math.log(p) + (trials - k) * Math.log1p(-p));
      }
    }
    return Math.min(1, sum);
  }
}
