package io.github.lanewise.op;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * What a call of {@link Attention} may bring beside Q, K and V, and what it may ask for beside the
 * output. Immutable; make it once and use it in many calls.
 *
 * <p>Columns are keys, counted from the first key of the sequence; there may be more than keys. A
 * key whose mask byte is 0 or whose bias is -Infinity is hidden: it takes no part, whatever its key
 * and value hold. Any finite bias, -{@link Float#MAX_VALUE} too, does not hide: below -2¹²⁵ it
 * counts as that, a query with nothing but that gets the mean of the values, one with nothing but
 * -Infinity zeros. Both biases are added, and a key is seen if both masks show it.
 *
 * @param bias added to the scores of all heads, [queries of the batch, keys], or one row for all
 *     queries
 * @param pairBias added to the scores, [numHeads * n, keys]: row {@code head * n + i} is that of
 *     query i of its sequence. The sequences of a batch share it (as the rows of an MSA share
 *     AlphaFold's pair bias). n is at least the longest sequence's query count, or 1 for all
 *     queries
 * @param mask 0 hides the key from the query in all heads, [queries of the batch, keys]
 * @param keyMask 0 hides the key from all queries of the sequence, [sequences, keys]
 * @param logSumExp receives ln Σ e^score of each query and head, [queries of the batch, numHeads],
 *     sinks included; -Infinity for a query that sees nothing
 */
public record AttentionExtras(
    @Nullable Matrix bias,
    @Nullable Matrix pairBias,
    @Nullable ByteMatrix mask,
    @Nullable ByteMatrix keyMask,
    @Nullable Matrix logSumExp) {
  private static final AttentionExtras NONE = new AttentionExtras(null, null, null, null, null);

  /** Nothing beside Q, K, V and the output. */
  public static AttentionExtras none() {
    return NONE;
  }

  boolean isNone() {
    return equals(NONE);
  }

  /** With a bias for all heads. */
  public AttentionExtras bias(Matrix newBias) {
    return new AttentionExtras(newBias, pairBias, mask, keyMask, logSumExp);
  }

  /** With a bias for each head. */
  public AttentionExtras pairBias(Matrix newPairBias) {
    return new AttentionExtras(bias, newPairBias, mask, keyMask, logSumExp);
  }

  /** With a mask of queries and keys. */
  public AttentionExtras mask(ByteMatrix newMask) {
    return new AttentionExtras(bias, pairBias, newMask, keyMask, logSumExp);
  }

  /** With a mask of keys. */
  public AttentionExtras keyMask(ByteMatrix newKeyMask) {
    return new AttentionExtras(bias, pairBias, mask, newKeyMask, logSumExp);
  }

  /** Asks for the logarithm of the sum of exponentials. */
  public AttentionExtras logSumExp(Matrix newLogSumExp) {
    return new AttentionExtras(bias, pairBias, mask, keyMask, newLogSumExp);
  }
}
