package io.github.lanewise.inspect;

/**
 * How often what a head attends to most is what a pattern says.
 *
 * @param kind what the head is if the pattern holds
 * @param pattern such as {@code offset-1}, {@code nsubj} or {@code delimiter}
 * @param items how many times the head was asked
 * @param hits how many times it was right
 * @param baseline the accuracy that it must beat: that of the best fixed offset, chosen on the same
 *     items; a half where that is more, for positional and delimiter heads
 * @param chance the accuracy of guessing
 * @param pValue the probability of as many hits if the head were no better than the baseline: a
 *     sign test on the items where just one of them is right (McNemar 1947), or a binomial test
 *     against the half
 */
public record HeadScore(
    HeadKind kind,
    String pattern,
    int items,
    int hits,
    double baseline,
    double chance,
    double pValue) {
  /** By how much a head must beat the baseline: less is of no use to explain what it does. */
  public static final double MARGIN = 0.10;

  /** The probability of naming any head of a model wrongly, if items were independent. */
  public static final double ALPHA = 0.05;

  /** Patterns that each head is tried for, each offset counted. */
  static final int PATTERNS = 2 * PositionTrial.REACH + 1 + Relation.values().length + 2;

  /** Hits among the items, 0 to 1. */
  public double accuracy() {
    return items == 0 ? 0 : (double) hits / items;
  }

  /** By how much it beats the baseline; negative if it does not. */
  public double gain() {
    return accuracy() - baseline;
  }

  /**
   * Whether the head may be named for it: {@link #MARGIN} above the baseline, and a p-value below
   * {@link #ALPHA} over the number of questions asked (Bonferroni), one a head and pattern.
   *
   * @param heads of the whole model
   */
  public boolean holds(int heads) {
    return items > 0 && gain() >= MARGIN && pValue < ALPHA / ((double) heads * PATTERNS);
  }
}
