package io.github.lanewise.inspect;

/**
 * Where a head looks, on average over the tokens of texts (Clark et al. 2019, Vig and Belinkov
 * 2019). Queries are the tokens of the texts, not those that the model adds; keys are all tokens. A
 * share is the mean weight that goes there, 0 to 1; shares overlap.
 *
 * @param queries how many tokens looked
 * @param distance mean of weight times distance, in tokens
 * @param entropy mean entropy of a row, in nats
 * @param uniformEntropy the same if all visible keys got the same: what {@code entropy} is at most
 * @param previous share on the token before, of the queries that have one
 * @param same share on the token itself
 * @param next share on the token after, of the queries that see one
 * @param first share on the sequence's first token
 * @param addedBefore share on what the model adds before a text, such as {@code [CLS]}
 * @param addedAfter share on what the model adds after a text, such as {@code [SEP]}
 * @param punctuation share on tokens of the text without letter or digit
 * @param delimiters share on the last three together
 * @param delimiterTokens the share of delimiters among the visible tokens: what {@code delimiters}
 *     is if all get the same
 * @param window share on tokens at most {@link #WINDOW} away
 */
public record HeadStatistics(
    long queries,
    double distance,
    double entropy,
    double uniformEntropy,
    double previous,
    double same,
    double next,
    double first,
    double addedBefore,
    double addedAfter,
    double punctuation,
    double delimiters,
    double delimiterTokens,
    double window) {
  /** Half the width of the window, in tokens. */
  public static final int WINDOW = 2;

  /**
   * The statistics of one head for one text.
   *
   * @throws IllegalArgumentException if the maps are from one text to another
   */
  public static HeadStatistics of(AttentionMaps maps, int layer, int head) {
    HeadSums sums = new HeadSums();
    sums.add(maps, TokenKinds.of(maps), layer, head);
    return sums.statistics();
  }
}
