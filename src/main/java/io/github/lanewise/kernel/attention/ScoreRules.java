package io.github.lanewise.kernel.attention;

import org.jspecify.annotations.Nullable;

/**
 * How scores are made from products of queries and keys, as prepared once. Everything is in base 2,
 * log2(e) included.
 *
 * @param scale factor of the products
 * @param softcap c of {@code c·tanh(s/c)}, or 0 for none
 * @param slopes ALiBi's slope of each head, or none
 * @param sinks the sink of each head, or none
 * @param pattern which blocks are seen, or null for all
 */
public record ScoreRules(
    float scale, float softcap, PerHead slopes, PerHead sinks, @Nullable BlockPattern pattern) {
  /** log2(e). */
  public static final float LOG2_E = (float) (1 / Math.log(2));
}
