package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Microkernel;

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
  private final int group;
  private final ScoreRules rules;
  private final int nr;
  private final long row;

  private AttentionSequence sequence = new AttentionSequence();
  private long panel;
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
  }

  /** Bytes of scratch memory. */
  long bytes() {
    return at.bytes();
  }

  /** Lanes at most. */
  int capacity() {
    return nr;
  }

  /** Loads lanes {@code newFirstLane} to {@code newFirstLane + count - 1} of a sequence. */
  void begin(AttentionSequence newSequence, long memory, int newFirstLane, int count) {
    sequence = newSequence;
    panel = memory;
    firstLane = newFirstLane;
    lanes = count;
    firstQuery = firstLane / group;
    lastQuery = (firstLane + lanes - 1) / group;
    started = false;
    ScoreLanes.fill(panel + at.max(), row, Float.NEGATIVE_INFINITY);
    ScoreLanes.fill(panel + at.sum(), row, 0f);
    ScoreLanes.fill(panel + at.factor(), row, rules.scale());
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
        panel + at.factor(),
        firstLane,
        lanes,
        nr,
        panel + TileLayout.QUERIES,
        panel + at.scores());
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
    long scores = panel + at.scores();
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
      addBias(scores, count);
    }
    if (masked) {
      hide(scores, count);
    }
  }

  private void addBias(long scores, int count) {
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

  private void hide(long scores, int count) {
    int below = Math.min(count, sequence.low(lastQuery) - from);
    int above = Math.max(0, sequence.high(firstQuery) - from);
    for (long shift = 0; shift < row; shift += BYTES) {
      if (below > 0) {
        ScoreModifiers.hideBelowLimit(
            scores + shift, row, 0, below, from, panel + at.low() + shift);
      }
      if (above < count) {
        ScoreModifiers.hideFromLimit(
            scores + shift, row, above, count, from, panel + at.high() + shift);
      }
    }
    if (rules.pattern() != null) {
      hideByPattern(scores, rules.pattern());
    }
    if (sequence.mask != 0) {
      hideByMask(scores, count);
    }
  }

  private void hideByPattern(long scores, BlockPattern pattern) {
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

  private void hideByMask(long scores, int count) {
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

  /**
   * Takes the scores into maximum and sum, makes them weights relative to that maximum, and scales
   * the output down to it.
   */
  void weigh() {
    boolean rescale = false;
    for (long shift = 0; shift < row; shift += BYTES) {
      rescale |=
          ScoreLanes.softmax(
              panel + at.scores() + shift,
              row,
              to - from,
              panel + at.max() + shift,
              panel + at.sum() + shift,
              panel + at.factor() + shift);
    }
    if (rescale && started) {
      ScoreLanes.scaleRows(panel + at.output(), valueDim, nr, panel + at.factor());
    }
  }

  /**
   * The rest of a block: softmax, Oᵀ += Vᵀ·Pᵀ.
   *
   * @param values where the value of key {@link #from} lies in a copy of this block's values
   */
  void addValues(long values) {
    int count = to - from;
    // 0 · NaN is NaN: a value that a lane must not see may meet its weight of 0 only if it is
    // finite. The copy is mended for this panel.
    boolean hazard =
        masked && !ValueBlock.isFinite(values, Microkernel.COLUMN_STRIDE, count, valueDim);
    if (hazard) {
      hideNonFinite(values, count);
    }
    weigh();
    long output = panel + at.output();
    tile.columnMajorPadded(
        valueDim,
        values,
        Microkernel.COLUMN_STRIDE,
        panel + at.scores(),
        count,
        started ? output : Microkernel.ZEROS,
        output,
        row);
    started = true;
    if (hazard) {
      ValueBlock.copy(sequence.v + from * sequence.ldv, sequence.ldv, count, valueDim, values);
    }
  }

  private void hideNonFinite(long values, int count) {
    ValueBlock.hideNonFinite(values, count, valueDim);
    clearUnlessStarted();
    ValueBlock.addNonFinite(
        sequence.v + from * sequence.ldv,
        sequence.ldv,
        count,
        valueDim,
        panel + at.scores(),
        panel + at.output(),
        nr);
  }

  private void clearUnlessStarted() {
    if (!started) {
      ValueBlock.clear(panel + at.output(), at.max() - at.output());
      started = true;
    }
  }

  /** Writes the output, and the logarithms of the sums if wanted. */
  void finish() {
    clearUnlessStarted();
    ScoreLanes.reciprocals(panel + at.sum(), nr, panel + at.factor());
    QueryLanes.store(
        panel + at.output(),
        panel + at.factor(),
        nr,
        lanes,
        sequence.out,
        sequence.ldo,
        group,
        valueDim,
        firstLane,
        panel + at.scores(),
        panel + at.trash());
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
    for (long shift = 0; shift < row; shift += BYTES) {
      ScoreLanes.probabilities(
          panel + at.scores() + shift,
          row,
          count,
          panel + at.max() + shift,
          panel + at.sum() + shift);
    }
    for (int lane = 0; lane < lanes; lane++) {
      QueryLanes.storeLane(
          panel + at.scores() + (long) lane * Float.BYTES,
          row,
          count,
          sequence.weights
              + (firstLane + lane) * sequence.weightsQuery
              + from * sequence.weightsKey,
          sequence.weightsKey);
    }
  }
}
