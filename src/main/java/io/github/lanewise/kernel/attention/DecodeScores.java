package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * What happens to scores between the products and the softmax when decoding. In the order of the
 * prefill: softcap, ALiBi, bias, and then what hides keys. Scores stay in their {@link ScoreTiles},
 * where each quarter of the keys of a lane is a column of its own.
 */
final class DecodeScores {
  private static final int QUARTERS = DecodeTile.ROWS;

  private final ScoreRules rules;
  private final AttentionSequence s;
  private final SeenBlocks blocks;

  private int group;
  private int firstLane;
  private int lanes;

  DecodeScores(ScoreRules rules, AttentionSequence sequence) {
    this.rules = rules;
    s = sequence;
    blocks = new SeenBlocks(rules.pattern(), sequence);
  }

  /** Of each head the lanes {@code newFirstLane} to {@code newFirstLane + newLanes - 1}. */
  void lanes(int newGroup, int newFirstLane, int newLanes) {
    group = newGroup;
    firstLane = newFirstLane;
    lanes = newLanes;
  }

  private int query(int i) {
    return (firstLane + i % lanes) / group;
  }

  private int head(int i) {
    return s.firstHead + i / lanes * group + (firstLane + i % lanes) % group;
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
   * Changes the scores of all lanes; the first row is key {@code key}.
   *
   * @param open whether the window hides none of them
   */
  void change(ScoreTiles scores, int key, boolean open) {
    if (rules.softcap() != 0) {
      // All that lies between the first tile and the last, lanes or not.
      long tile = scores.tileBytes();
      ScoreModifiers.softcap(scores.tile(0), tile, scores.tiles(), rules.softcap());
      scores.hideFilling(); // what was hidden has a finite score now
    }
    for (int i = 0; i < scores.lanes() && rules.slopes().areGiven(); i += ScoreTiles.TOGETHER) {
      addDistances(scores, i, key);
    }
    for (int i = 0; i < scores.lanes() && (!open || hide()); i++) {
      for (int quarter = 0; quarter < QUARTERS; quarter++) {
        int first = key + quarter * scores.tiles();
        change(scores.score(0, i, quarter), scores.tileBytes(), i, first, scores.count(quarter));
      }
    }
  }

  /** ALiBi for the lanes of a vector: in each quarter they stand as many keys further ahead. */
  private void addDistances(ScoreTiles scores, int firstOfVector, int key) {
    long positions = scores.spare();
    long slopes = positions + BYTES;
    for (int j = 0; j < LANES; j++) {
      int i = Math.min(firstOfVector + j % ScoreTiles.TOGETHER, scores.lanes() - 1);
      int quarter = j / ScoreTiles.TOGETHER;
      long at = (long) j * Float.BYTES;
      MEMORY.set(FLOAT, positions + at, s.position(query(i)) - key - quarter * scores.tiles());
      MEMORY.set(FLOAT, slopes + at, rules.slopes().get(head(i), 0));
    }
    long column = scores.score(0, firstOfVector, 0);
    ScoreModifiers.alibi(column, scores.tileBytes(), scores.tiles(), 0, positions, slopes);
  }

  /**
   * Changes {@code count} scores of a lane, {@code step} bytes apart; the first is that of key
   * {@code first}.
   */
  private void change(long scores, long step, int i, int first, int count) {
    add(s.bias, scores, step, i, first, count);
    add(s.pairBias, scores, step, i, first, count);
    hideByWindow(scores, step, i, first, count);
    if (blocks.isGiven()) {
      hideByPattern(scores, step, query(i), first, first + count);
    }
    hide(s.mask, scores, step, i, first, count);
    hide(s.keyMask, scores, step, i, first, count);
  }

  private void add(KeyGrid bias, long scores, long step, int i, int first, int count) {
    if (bias.isGiven() && count > 0) {
      long floats = bias.at(head(i), query(i), first);
      ScoreModifiers.addToLane(scores, step, count, 0, floats, bias.key());
    }
  }

  private void hide(KeyGrid mask, long scores, long step, int i, int first, int count) {
    if (mask.isGiven() && count > 0) {
      long bytes = mask.at(0, query(i), first);
      ScoreModifiers.hideByBytes(scores, step, count, 0, 1, bytes, mask.key());
    }
  }

  private void hideByWindow(long scores, long step, int i, int first, int count) {
    int low = Math.clamp((long) s.low(query(i)) - first, 0, count);
    int high = Math.clamp((long) s.high(query(i)) - first, low, count);
    ScoreModifiers.hide(scores, step, 0, low, 0, 1);
    ScoreModifiers.hide(scores, step, high, count, 0, 1);
  }

  private void hideByPattern(long scores, long step, int query, int from, int to) {
    for (int key = from; key < to; ) {
      int end = Math.min(to, blocks.endOfBlock(key));
      if (blocks.hides(query, key)) {
        ScoreModifiers.hide(scores, step, key - from, end - from, 0, 1);
      }
      key = end;
    }
  }
}
