package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Microkernel;

/**
 * The scores of one panel of lanes: which keys its lanes see, the products of queries and keys, and
 * all that changes or hides them.
 *
 * <p>Reusable: {@link #begin}, then for each block of keys {@link #range} and {@link #compute}.
 */
final class PanelScores {
  private final TileLayout at;
  private final int headDim;
  private final int group;
  private final ScoreRules rules;
  private final int nr;
  private final long row;
  private final SeenBlocks blocks;
  private final BiasAndMask given;

  private final AttentionSequence sequence;
  private long panel;
  private long scores;
  private int firstLane;
  private int lanes;
  private int firstQuery;
  private int lastQuery;

  /** Keys of the current block that any lane sees, and whether every lane sees all of them. */
  private int from;

  private int to;
  private boolean masked;

  PanelScores(
      Microkernel tile,
      TileLayout at,
      int headDim,
      int group,
      ScoreRules rules,
      AttentionSequence sequence) {
    this.sequence = sequence;
    this.at = at;
    this.headDim = headDim;
    this.group = group;
    this.rules = rules;
    nr = tile.columns();
    row = (long) nr * Float.BYTES;
    blocks = new SeenBlocks(rules.pattern(), sequence);
    given = new BiasAndMask(group, nr, sequence);
  }

  /**
   * Loads the queries of lanes {@code newFirstLane} to {@code newFirstLane + count - 1}.
   *
   * @param memory of the panel, see {@link TileLayout}
   * @param newScores where the scores go
   */
  void begin(long memory, long newScores, int newFirstLane, int count) {
    panel = memory;
    scores = newScores;
    firstLane = newFirstLane;
    lanes = count;
    firstQuery = firstLane / group;
    lastQuery = (firstLane + lanes - 1) / group;
    given.begin(scores, scores + at.spare(), firstLane, lanes);
    if (sequence.isBounded() || rules.slopes().areGiven()) {
      for (int lane = 0; lane < nr; lane++) {
        describeLane(lane, (long) lane * Float.BYTES);
      }
    }
    QueryLanes.load(
        sequence.q,
        sequence.ldq,
        group,
        headDim,
        rules.scale(),
        firstLane,
        lanes,
        nr,
        panel + TileLayout.QUERIES);
  }

  private void describeLane(int lane, long shift) {
    // Lanes without a query are like the last one that has one, so that they never cause a mask.
    int index = firstLane + Math.min(lane, lanes - 1);
    int query = index / group;
    int head = sequence.firstHead + index % group;
    set(at.low() + shift, sequence.low(query));
    set(at.high() + shift, sequence.high(query));
    set(at.position() + shift, sequence.position(query));
    set(at.slope() + shift, rules.slopes().get(head, 0));
  }

  private void set(long offset, float value) {
    MEMORY.set(FLOAT, panel + offset, value);
  }

  /** The first key that any lane sees by its window. */
  int lowest() {
    return sequence.low(firstQuery);
  }

  /** The end of the keys that any lane sees by its window. */
  int highest() {
    return sequence.high(lastQuery);
  }

  /**
   * The first key from {@code first} on that the pattern lets any lane see, at most {@code end}.
   */
  int nextSeen(int first, int end) {
    return blocks.first(firstQuery, lastQuery, first, end);
  }

  /**
   * Narrows the block of keys {@code first} to {@code end - 1} to what any lane sees.
   *
   * @return whether anything is left
   */
  boolean range(int first, int end) {
    from = Math.max(first, lowest());
    to = Math.min(end, highest());
    from = blocks.first(firstQuery, lastQuery, from, to);
    to = blocks.last(firstQuery, lastQuery, from, to);
    masked =
        sequence.low(lastQuery) > from
            || sequence.high(firstQuery) < to
            || blocks.isGiven()
            || sequence.hasBiasOrMask();
    return from < to;
  }

  /** The first key of the range. */
  int from() {
    return from;
  }

  /** The end of the range. */
  int to() {
    return to;
  }

  /** Keys of the range. */
  int count() {
    return to - from;
  }

  /** Whether some lane may not see some key of the range. */
  boolean isMasked() {
    return masked;
  }

  /** Keys of the range that any of {@code count} lanes from {@code lane} on sees by its window. */
  int seenBy(int lane, int count) {
    if (!masked) { // and no division for each of many tiles
      return to - from;
    }
    int last = firstLane + Math.min(lane + count, lanes) - 1;
    return Math.clamp((long) sequence.high(last / group) - from, 0, to - from);
  }

  /** Sᵀ = K·Qᵀ of the range, which the block holds, and everything that changes scores. */
  void compute(KeyBlock keys) {
    int count = to - from;
    keys.multiply(from, count, panel + TileLayout.QUERIES, scores, row);
    if (rules.softcap() != 0) {
      ScoreModifiers.softcap(scores, row, count, rules.softcap());
    }
    if (rules.slopes().areGiven()) {
      for (long shift = 0; shift < row; shift += BYTES) {
        ScoreModifiers.alibi(
            scores + shift,
            row,
            count,
            from,
            panel + at.position() + shift,
            panel + at.slope() + shift);
      }
    }
    given.add(from, count);
    if (masked) {
      hide(count);
    }
  }

  private void hide(int count) {
    int below = Math.min(count, sequence.low(lastQuery) - from);
    for (int lane = 0; lane < lanes; lane += LANES) {
      long shift = (long) lane * Float.BYTES;
      if (below > 0) {
        ScoreModifiers.hideBelowLimit(
            scores + shift, row, 0, below, from, panel + at.low() + shift);
      }
      int above = Math.max(0, sequence.high((firstLane + lane) / group) - from);
      if (above < count) {
        ScoreModifiers.hideFromLimit(
            scores + shift, row, above, count, from, panel + at.high() + shift);
      }
    }
    if (blocks.isGiven()) {
      hideByPattern();
    }
    given.hide(from, count);
  }

  private void hideByPattern() {
    int query = firstQuery;
    while (query <= lastQuery) {
      // The first query past this one's block.
      int endQuery = blocks.endOfBlock(sequence.position(query)) - sequence.position(0);
      int lane = Math.max(0, query * group - firstLane);
      int endLane = (int) Math.min(lanes, (long) endQuery * group - firstLane);
      for (int key = from; key < to; key = blocks.endOfBlock(key)) {
        if (blocks.hides(query, key)) {
          int end = Math.min(to, blocks.endOfBlock(key));
          ScoreModifiers.hide(scores, row, key - from, end - from, lane, endLane);
        }
      }
      query = endQuery;
    }
  }
}
