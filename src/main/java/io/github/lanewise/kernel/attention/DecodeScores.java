package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the scores of one query between the products and the softmax when decoding: they
 * lie beside each other, key by key. In the order of the prefill: softcap, ALiBi, bias, and then
 * what hides keys.
 */
final class DecodeScores {
  private static final FloatVector COUNT = FloatVector.zero(FLOATS).addIndex(1);

  private final ScoreRules rules;

  DecodeScores(ScoreRules rules) {
    this.rules = rules;
  }

  @Nullable BlockPattern pattern() {
    return rules.pattern();
  }

  /** Whether scores are the products alone, where the window hides nothing. */
  boolean arePlain(AttentionSequence sequence) {
    return rules.softcap() == 0 && rules.slopes().isEmpty() && !hide(sequence);
  }

  /** Whether something other than the window may hide keys. */
  boolean hide(AttentionSequence sequence) {
    return rules.pattern() != null || sequence.bias != 0 || sequence.mask != 0;
  }

  /**
   * Changes the scores of keys {@code first} to {@code first + count - 1}; those up to a whole
   * vector may become anything.
   */
  void change(AttentionSequence s, long scores, int head, int query, int first, int count) {
    long bytes = (count + LANES - 1L) / LANES * BYTES;
    if (rules.softcap() != 0) {
      ScoreModifiers.softcap(scores, bytes, 1, rules.softcap());
    }
    if (!rules.slopes().isEmpty()) {
      addDistances(scores, bytes, first - s.position(query), rules.slopes().get(head));
    }
    if (s.bias != 0) {
      long bias = s.bias + head * s.biasHead + query * s.biasQuery + first * s.biasKey;
      ScoreModifiers.addToLane(scores, Float.BYTES, count, 0, bias, s.biasKey);
    }
    hideByWindow(s, scores, query, first, count);
    BlockPattern pattern = rules.pattern();
    if (pattern != null) {
      hideByPattern(scores, pattern, s.position(query) / pattern.size(), first, first + count);
    }
    if (s.mask != 0) {
      long mask = s.mask + query * s.maskQuery + first * s.maskKey;
      ScoreModifiers.hideByBytes(scores, Float.BYTES, count, 0, 1, mask, s.maskKey);
    }
  }

  /** ALiBi: the first key is {@code distance} after the query. */
  private static void addDistances(long scores, long bytes, int distance, float slope) {
    FloatVector d = COUNT.add((float) distance);
    for (long at = scores; at != scores + bytes; at += BYTES) {
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      d.abs().mul(slope).add(s).intoMemorySegment(MEMORY, at, ORDER);
      d = d.add((float) LANES);
    }
  }

  private static void hideByWindow(
      AttentionSequence s, long scores, int query, int first, int count) {
    int low = Math.clamp((long) s.low(query) - first, 0, count);
    int high = Math.clamp((long) s.high(query) - first, low, count);
    ScoreModifiers.hide(scores, Float.BYTES, 0, low, 0, 1);
    ScoreModifiers.hide(scores, Float.BYTES, high, count, 0, 1);
  }

  private static void hideByPattern(long scores, BlockPattern pattern, int row, int from, int to) {
    int size = pattern.size();
    for (int key = from; key < to; ) {
      int end = (int) Math.min(to, (key / size + 1L) * size);
      if (!pattern.sees(row, key / size)) {
        ScoreModifiers.hide(scores, Float.BYTES, key - from, end - from, 0, 1);
      }
      key = end;
    }
  }
}
