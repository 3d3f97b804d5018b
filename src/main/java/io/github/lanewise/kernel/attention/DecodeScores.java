package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * What happens to the scores of one query between the products and the softmax when decoding: they
 * lie beside each other, key by key. In the order of the prefill: softcap, ALiBi, bias, and then
 * what hides keys.
 */
final class DecodeScores {
  private static final FloatVector COUNT = FloatVector.zero(FLOATS).addIndex(1);

  private final ScoreRules rules;
  private final AttentionSequence s;
  private final SeenBlocks blocks;

  DecodeScores(ScoreRules rules, AttentionSequence sequence) {
    this.rules = rules;
    s = sequence;
    blocks = new SeenBlocks(rules.pattern(), sequence);
  }

  SeenBlocks blocks() {
    return blocks;
  }

  /** Whether scores are the products alone, where the window hides nothing. */
  boolean arePlain() {
    return rules.softcap() == 0 && !rules.slopes().areGiven() && !hide();
  }

  /** Whether something other than the window may hide keys. */
  boolean hide() {
    return blocks.isGiven() || s.hasBiasOrMask();
  }

  /**
   * Changes the scores of keys {@code first} to {@code first + count - 1}; those up to a whole
   * vector may become anything.
   */
  void change(long scores, int head, int query, int first, int count) {
    long bytes = (count + LANES - 1L) / LANES * BYTES;
    if (rules.softcap() != 0) {
      ScoreModifiers.softcap(scores, bytes, 1, rules.softcap());
    }
    if (rules.slopes().areGiven()) {
      addDistances(scores, bytes, first - s.position(query), rules.slopes().get(head, 0));
    }
    add(s.bias, scores, head, query, first, count);
    add(s.pairBias, scores, head, query, first, count);
    hideByWindow(scores, query, first, count);
    if (blocks.isGiven()) {
      hideByPattern(scores, query, first, first + count);
    }
    hide(s.mask, scores, query, first, count);
    hide(s.keyMask, scores, query, first, count);
  }

  private static void add(KeyGrid bias, long scores, int head, int query, int first, int count) {
    if (bias.isGiven()) {
      long floats = bias.at(head, query, first);
      ScoreModifiers.addToLane(scores, Float.BYTES, count, 0, floats, bias.key());
    }
  }

  private static void hide(KeyGrid mask, long scores, int query, int first, int count) {
    if (mask.isGiven()) {
      long bytes = mask.at(0, query, first);
      ScoreModifiers.hideByBytes(scores, Float.BYTES, count, 0, 1, bytes, mask.key());
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

  private void hideByWindow(long scores, int query, int first, int count) {
    int low = Math.clamp((long) s.low(query) - first, 0, count);
    int high = Math.clamp((long) s.high(query) - first, low, count);
    ScoreModifiers.hide(scores, Float.BYTES, 0, low, 0, 1);
    ScoreModifiers.hide(scores, Float.BYTES, high, count, 0, 1);
  }

  private void hideByPattern(long scores, int query, int from, int to) {
    for (int key = from; key < to; ) {
      int end = Math.min(to, blocks.endOfBlock(key));
      if (blocks.hides(query, key)) {
        ScoreModifiers.hide(scores, Float.BYTES, key - from, end - from, 0, 1);
      }
      key = end;
    }
  }
}
