package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Microkernel;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.kernel.gemm.ValueTile;

/**
 * One panel of lanes in scratch memory and what is done to it: queries, one block of scores at a
 * time, the running maximum and sum, the output. See the package description.
 *
 * <p>Reusable: {@link #begin}, then for each block of keys {@link #range} and {@link #scores},
 * {@link #weigh} and {@link #addValues}, then {@link #finish}.
 */
final class AttentionPanel {
  private final Microkernel tile;
  private final TileLayout at;
  private final int headDim;
  private final int valueDim;
  private final long outputRow;
  private final int group;
  private final ScoreRules rules;
  private final int nr;
  private final long row;

  private AttentionSequence sequence = new AttentionSequence();
  private long panel;
  private long scores;
  private int firstLane;
  private int lanes;
  private int firstQuery;
  private int lastQuery;

  /** Whether the output holds anything yet. */
  private boolean started;

  /** Keys of the current block that any lane sees, and whether every lane sees all of them. */
  private int from;

  private int to;
  private boolean masked;

  AttentionPanel(Microkernel tile, int headDim, int valueDim, int group, ScoreRules rules) {
    this.tile = tile;
    this.headDim = headDim;
    this.valueDim = valueDim;
    this.group = group;
    this.rules = rules;
    at = TileLayout.of(tile, headDim, valueDim);
    nr = tile.columns();
    row = (long) nr * Float.BYTES;
    outputRow = (long) ValueBlock.vectors(valueDim) * BYTES;
  }

  /** Bytes of scratch memory. */
  long bytes() {
    return at.bytes();
  }

  /** Bytes for the scores of a block, which panels may share: one after the other needs them. */
  long scoreBytes() {
    return at.scoreBytes();
  }

  /** Lanes at most. */
  int capacity() {
    return nr;
  }

  /**
   * Loads lanes {@code newFirstLane} to {@code newFirstLane + count - 1} of a sequence.
   *
   * @param memory {@link #bytes()} for this panel
   * @param newScores {@link #scoreBytes()}, used from {@link #scores} to {@link #addValues} only
   */
  void begin(
      AttentionSequence newSequence, long memory, long newScores, int newFirstLane, int count) {
    sequence = newSequence;
    panel = memory;
    scores = newScores;
    firstLane = newFirstLane;
    lanes = count;
    firstQuery = firstLane / group;
    lastQuery = (firstLane + lanes - 1) / group;
    started = false;
    ScoreLanes.fill(panel + at.max(), row, Float.NEGATIVE_INFINITY);
    ScoreLanes.fill(panel + at.sum(), row, 0f);
    if (sequence.isBounded() || !rules.slopes().isEmpty() || !rules.sinks().isEmpty()) {
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
        panel + TileLayout.QUERIES,
        scores);
  }

  private void describeLane(int lane, long shift) {
    // Lanes without a query are like the last one that has one, so that they never cause a mask.
    int index = firstLane + Math.min(lane, lanes - 1);
    int query = index / group;
    int head = sequence.firstHead + index % group;
    if (!rules.sinks().isEmpty()) {
      // A sink is a key that has this score and a value of zeros.
      set(at.max() + shift, rules.sinks().get(head));
      set(at.sum() + shift, 1f);
    }
    set(at.low() + shift, sequence.low(query));
    set(at.high() + shift, sequence.high(query));
    set(at.position() + shift, sequence.position(query));
    set(at.slope() + shift, rules.slopes().isEmpty() ? 0f : rules.slopes().get(head));
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
    BlockPattern pattern = rules.pattern();
    if (pattern == null || first >= end) {
      return Math.min(first, end);
    }
    int firstRow = sequence.position(firstQuery) / pattern.size();
    int lastRow = sequence.position(lastQuery) / pattern.size();
    return pattern.firstSeen(firstRow, lastRow, first, end);
  }

  /**
   * Narrows the block of keys {@code first} to {@code end - 1} to what any lane sees.
   *
   * @return whether anything is left
   */
  boolean range(int first, int end) {
    from = Math.max(first, lowest());
    to = Math.min(end, highest());
    BlockPattern pattern = rules.pattern();
    if (pattern != null && from < to) {
      int firstRow = sequence.position(firstQuery) / pattern.size();
      int lastRow = sequence.position(lastQuery) / pattern.size();
      from = pattern.firstSeen(firstRow, lastRow, from, to);
      to = from < to ? pattern.lastSeen(firstRow, lastRow, from, to) : to;
    }
    masked =
        sequence.low(lastQuery) > from
            || sequence.high(firstQuery) < to
            || pattern != null
            || sequence.bias != 0
            || sequence.mask != 0;
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

  /** Sᵀ = K·Qᵀ of the range, and everything that changes scores. */
  void scores() {
    int count = to - from;
    tile.rowMajorOverlapping(
        count,
        sequence.k + from * sequence.ldk,
        sequence.ldk,
        panel + TileLayout.QUERIES,
        headDim,
        scores,
        row);
    if (rules.softcap() != 0) {
      ScoreModifiers.softcap(scores, row, count, rules.softcap());
    }
    if (!rules.slopes().isEmpty()) {
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
    if (sequence.bias != 0) {
      addBias(count);
    }
    if (masked) {
      hide(count);
    }
  }

  private void addBias(int count) {
    long bias = sequence.bias + from * sequence.biasKey;
    if (sequence.biasHead == 0 && sequence.biasQuery == 0) {
      ScoreModifiers.addToAll(scores, row, count, bias, sequence.biasKey);
      return;
    }
    for (int lane = 0; lane < lanes; lane++) {
      int index = firstLane + lane;
      long head = (sequence.firstHead + index % group) * sequence.biasHead;
      long query = index / group * sequence.biasQuery;
      ScoreModifiers.addToLane(scores, row, count, lane, bias + head + query, sequence.biasKey);
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
    if (rules.pattern() != null) {
      hideByPattern(rules.pattern());
    }
    if (sequence.mask != 0) {
      hideByMask(count);
    }
  }

  private void hideByPattern(BlockPattern pattern) {
    int size = pattern.size();
    int lane = 0;
    while (lane < lanes) {
      int position = sequence.position((firstLane + lane) / group);
      int block = position / size;
      // The first lane past this block of queries.
      int end =
          (int) Math.min(lanes, ((block + 1L) * size - sequence.position(0)) * group - firstLane);
      for (int key = from; key < to; key = (key / size + 1) * size) {
        if (!pattern.sees(block, key / size)) {
          int until = (int) Math.min(to, (key / size + 1L) * size);
          ScoreModifiers.hide(scores, row, key - from, until - from, lane, end);
        }
      }
      lane = end;
    }
  }

  private void hideByMask(int count) {
    long mask = sequence.mask + from * sequence.maskKey;
    if (sequence.maskQuery == 0) {
      ScoreModifiers.hideByBytes(scores, row, count, 0, nr, mask, sequence.maskKey);
      return;
    }
    for (int lane = 0; lane < lanes; lane++) {
      long query = (firstLane + lane) / group * sequence.maskQuery;
      ScoreModifiers.hideByBytes(
          scores, row, count, lane, lane + 1, mask + query, sequence.maskKey);
    }
  }

  /** Keys of the range that any of {@code count} lanes from {@code lane} on sees by its window. */
  private int seenBy(int lane, int count) {
    int last = firstLane + Math.min(lane + count, lanes) - 1;
    return Math.clamp((long) sequence.high(last / group) - from, 0, to - from);
  }

  /** Keys that the vector from {@code lane} on needs weights of, for all tiles with lanes of it. */
  private int weighed(int lane) {
    int rows = Tiles.VALUES.rows();
    int end = (lane + LANES + rows - 1) / rows * rows;
    return seenBy(lane, end - lane);
  }

  /**
   * Takes the scores into maximum and sum, makes them weights relative to that maximum, and scales
   * the output down to it. Scores that no lane of a vector sees stay as they are.
   */
  void weigh() {
    boolean rescale = false;
    for (int lane = 0; lane < lanes; lane += LANES) {
      long shift = (long) lane * Float.BYTES;
      rescale |=
          ScoreLanes.softmax(
              scores + shift,
              row,
              weighed(lane),
              panel + at.max() + shift,
              panel + at.sum() + shift,
              panel + at.factor() + shift);
    }
    if (rescale && started) {
      OutputRows.scale(panel + at.output(), outputRow, lanes, panel + at.factor());
    }
  }

  /**
   * The rest of a block: softmax, O += P·V.
   *
   * @param values a copy of this block's values
   * @param first the key in it that is key {@link #from}
   */
  void addValues(ValueBlock values, int first) {
    int count = to - from;
    weigh();
    // 0 · NaN is NaN: a value that a lane must not see may meet its weight of 0 only if it is
    // finite. The copy is mended for this panel.
    boolean hazard = masked && !values.isFinite(first, count);
    if (hazard) {
      hideNonFinite(values, first); // once the output is scaled: 0 · Infinity is NaN, too
    }
    addWeighted(values, first);
    started = true;
    if (hazard) {
      values.copy(sequence.v + from * sequence.ldv, sequence.ldv, first, count);
    }
  }

  /**
   * A strip of values, which stays in L1, for all lanes in use; lanes skip keys past their last.
   */
  private void addWeighted(ValueBlock values, int first) {
    ValueTile product = Tiles.VALUES;
    for (int strip = 0; strip < values.strips(); strip++) {
      long b = values.address(strip, first);
      long c = panel + at.output() + (long) values.firstVector(strip) * BYTES;
      for (int lane = 0; lane < lanes; lane += product.rows()) {
        product.compute(
            values.width(strip),
            scores + (long) lane * Float.BYTES,
            row,
            b,
            seenBy(lane, product.rows()),
            started,
            c + lane * outputRow,
            outputRow);
      }
    }
  }

  private void hideNonFinite(ValueBlock values, int first) {
    int count = to - from;
    values.hideNonFinite(first, count);
    clearUnlessStarted();
    ValueBlock.addNonFinite(
        sequence.v + from * sequence.ldv,
        sequence.ldv,
        count,
        valueDim,
        scores,
        row,
        lanes,
        panel + at.output(),
        outputRow);
  }

  private void clearUnlessStarted() {
    if (!started) {
      ScoreLanes.fill(panel + at.output(), nr * outputRow, 0f);
      started = true;
    }
  }

  /** Writes the output, and the logarithms of the sums if wanted. */
  void finish() {
    clearUnlessStarted();
    ScoreLanes.reciprocals(panel + at.sum(), nr, panel + at.factor());
    OutputRows.store(
        panel + at.output(),
        outputRow,
        lanes,
        panel + at.factor(),
        sequence.out,
        sequence.ldo,
        group,
        valueDim,
        firstLane);
    storeLogSumExp();
  }

  /** Writes the logarithms of the sums, if wanted. */
  void storeLogSumExp() {
    if (sequence.logSumExp != 0) {
      QueryLanes.storeLogSumExp(
          panel + at.max(),
          panel + at.sum(),
          lanes,
          sequence.logSumExp,
          sequence.ldl,
          group,
          firstLane);
    }
  }

  /** Makes the scores final weights and writes them; maximum and sum must be final too. */
  void storeWeights() {
    int count = to - from;
    for (int lane = 0; lane < lanes; lane += LANES) {
      long shift = (long) lane * Float.BYTES;
      ScoreLanes.probabilities(
          scores + shift, row, count, panel + at.max() + shift, panel + at.sum() + shift);
    }
    for (int lane = 0; lane < lanes; lane++) {
      QueryLanes.storeLane(
          scores + (long) lane * Float.BYTES,
          row,
          count,
          sequence.weights
              + (firstLane + lane) * sequence.weightsQuery
              + from * sequence.weightsKey,
          sequence.weightsKey);
    }
  }
}
