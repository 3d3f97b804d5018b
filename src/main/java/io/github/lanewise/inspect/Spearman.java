package io.github.lanewise.inspect;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Rank correlation of two quantities (Spearman 1904), ties with their mean rank.
 *
 * @param rho from -1 to 1; 0 where one of them is constant
 * @param pValue the share of random pairings with a correlation as strong, either way: a
 *     permutation test with a fixed seed
 */
public record Spearman(double rho, double pValue) {
  private static final int PERMUTATIONS = 20_000;

  static Spearman of(double[] x, double[] y) {
    double[] a = centredRanks(x);
    double[] b = centredRanks(y);
    double scale = Math.sqrt(dot(a, a) * dot(b, b));
    if (scale == 0) {
      return new Spearman(0, 1);
    }
    double rho = dot(a, b) / scale;
    SplittableRandom random = new SplittableRandom(1);
    int asStrong = 1;
    for (int i = 0; i < PERMUTATIONS; i++) {
      shuffle(b, random);
      if (Math.abs(dot(a, b) / scale) >= Math.abs(rho) - 1e-12) {
        asStrong++;
      }
    }
    return new Spearman(rho, asStrong / (PERMUTATIONS + 1.0));
  }

  static double[] centredRanks(double[] values) {
    int n = values.length;
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] ranks = new double[n];
    for (int first = 0; first < n; ) {
      int end = first;
      while (end < n && values[order[end]] == values[order[first]]) {
        end++;
      }
      for (int i = first; i < end; i++) {
        ranks[order[i]] = (first + end - 1) / 2.0 - (n - 1) / 2.0;
      }
      first = end;
    }
    return ranks;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static void shuffle(double[] values, SplittableRandom random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      double kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
  }
}
