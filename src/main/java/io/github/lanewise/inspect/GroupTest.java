package io.github.lanewise.inspect;

import java.util.SplittableRandom;

/**
 * Whether groups of values differ in rank at all, rising, falling or bent (Kruskal and Wallis
 * 1952), by permutation with a fixed seed.
 *
 * @param pValue the share of random groupings whose mean ranks differ as much
 */
public record GroupTest(double pValue) {
  private static final int PERMUTATIONS = 20_000;

  /**
   * Compares groups.
   *
   * @param group of each value, from 0
   */
  static GroupTest of(int[] group, double[] values, int groups) {
    double[] ranks = Spearman.centredRanks(values);
    double observed = spread(group, ranks, groups);
    SplittableRandom random = new SplittableRandom(1);
    int asMuch = 1;
    for (int i = 0; i < PERMUTATIONS; i++) {
      Spearman.shuffle(ranks, random);
      if (spread(group, ranks, groups) >= observed - 1e-9) {
        asMuch++;
      }
    }
    return new GroupTest(asMuch / (PERMUTATIONS + 1.0));
  }

  /** Kruskal and Wallis' H but for a constant factor: ranks are centred. */
  private static double spread(int[] group, double[] ranks, int groups) {
    double[] sums = new double[groups];
    int[] counts = new int[groups];
    for (int i = 0; i < ranks.length; i++) {
      sums[group[i]] += ranks[i];
      counts[group[i]]++;
    }
    double spread = 0;
    for (int g = 0; g < groups; g++) {
      spread += counts[g] == 0 ? 0 : sums[g] * sums[g] / counts[g];
    }
    return spread;
  }
}
