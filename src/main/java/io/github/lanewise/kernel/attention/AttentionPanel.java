package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Microkernel;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.kernel.gemm.ValueTile;

/**
 * One panel of lanes in scratch memory: its {@link PanelScores}, one block at a time, and what is
 * made of them, the running maximum and sum and the output. See the package description.
 *
 * <p>Reusable: {@link #begin}, then for each block of keys the range and the computation of {@link
 * #scores}, and {@link #weigh} or {@link #addValues}, then {@link #finish}.
 */
final class AttentionPanel {
  private final TileLayout at;
  private final int valueDim;
  private final long outputRow;
  private final int group;
  private final PerHead sinks;
  private final int nr;
  private final long row;
  private final PanelScores keys;

  /** Lanes where the tiles for values begin, and their end. */
  private final int[] cuts;

  /** For each vector of lanes, the end of the last tile for values that it has a part in. */
  private final int[] ends;

  private final AttentionSequence sequence;
  private long panel;
  private long scores;
  private int firstLane;
  private int lanes;

  /** Whether the output holds anything yet. */
  private boolean started;

  AttentionPanel(
      Microkernel tile,
      int headDim,
      int valueDim,
      int group,
      ScoreRules rules,
      AttentionSequence sequence) {
    this.sequence = sequence;
    this.valueDim = valueDim;
    this.group = group;
    sinks = rules.sinks();
    at = TileLayout.of(tile, headDim, valueDim);
    keys = new PanelScores(tile, at, headDim, group, rules, sequence);
    nr = tile.columns();
    row = (long) nr * Float.BYTES;
    outputRow = (long) ValueBlock.vectors(valueDim) * BYTES;
    cuts = Tiles.VALUES.cuts(nr);
    ends = ends(cuts, nr);
  }

  private static int[] ends(int[] cuts, int lanes) {
    int[] ends = new int[lanes / LANES];
    int cut = 0;
    for (int v = 0; v < ends.length; v++) {
      while (cuts[cut] < (v + 1) * LANES) {
        cut++;
      }
      ends[v] = cuts[cut];
    }
    return ends;
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
   * @param newScores {@link #scoreBytes()}, used from a computation to {@link #addValues}
   */
  void begin(long memory, long newScores, int newFirstLane, int count) {
    panel = memory;
    scores = newScores + at.scores();
    firstLane = newFirstLane;
    lanes = count;
    started = false;
    ScoreLanes.fill(panel + at.max(), row, Float.NEGATIVE_INFINITY);
    ScoreLanes.fill(panel + at.sum(), row, 0f);
    for (int lane = 0; lane < nr && sinks.areGiven(); lane++) {
      int index = firstLane + Math.min(lane, lanes - 1);
      // A sink is a key that has this score and a value of zeros.
      set(at.max() + (long) lane * Float.BYTES, sinks.get(sequence.firstHead + index % group, 0));
      set(at.sum() + (long) lane * Float.BYTES, 1f);
    }
    keys.begin(panel, scores, firstLane, lanes);
  }

  private void set(long offset, float value) {
    MEMORY.set(FLOAT, panel + offset, value);
  }

  /** The scores of the current block, and what its range of keys is. */
  PanelScores scores() {
    return keys;
  }

  /**
   * Takes the scores into maximum and sum, makes them weights relative to that maximum, and scales
   * the output down to it. Scores stay as they are that no lane sees of any tile for values that a
   * vector has a part in.
   */
  void weigh() {
    boolean rescale = false;
    for (int lane = 0; lane < lanes; lane += LANES) {
      long shift = (long) lane * Float.BYTES;
      rescale |=
          ScoreLanes.softmax(
              scores + shift,
              row,
              keys.seenBy(lane, ends[lane / LANES] - lane),
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
   * @param first the key in it that is the first of the range
   */
  void addValues(ValueBlock values, int first) {
    int count = keys.count();
    weigh();
    // 0 · NaN is NaN: a value that a lane must not see may meet its weight of 0 only if it is
    // finite. The copy is mended for this panel.
    boolean hazard = keys.isMasked() && !values.isFinite(first, count);
    if (hazard) {
      hideNonFinite(values, first); // once the output is scaled: 0 · Infinity is NaN, too
    }
    addWeighted(values, first);
    started = true;
    if (hazard) {
      values.copy(sequence.v + keys.from() * sequence.ldv, sequence.ldv, first, count);
    }
  }

  /**
   * One strip of values after the other, which stays in L1, or all of a width at once where the
   * tile repeats, for all lanes in use; lanes skip keys past their last.
   */
  private void addWeighted(ValueBlock values, int first) {
    ValueTile product = Tiles.VALUES;
    int run;
    for (int strip = 0; strip < values.strips(); strip += run) {
      run = values.run(strip);
      int width = values.width(strip);
      long step = values.step(strip);
      long b = values.address(strip, first);
      long c = panel + at.output() + (long) values.firstVector(strip) * BYTES;
      for (int t = 0; t < cuts.length - 1 && cuts[t] < lanes; t++) {
        int lane = cuts[t];
        int height = cuts[t + 1] - lane;
        product.compute(
            height,
            width,
            run,
            scores + (long) lane * Float.BYTES,
            row,
            b,
            step,
            keys.seenBy(lane, height),
            started,
            c + lane * outputRow,
            outputRow);
      }
    }
  }

  private void hideNonFinite(ValueBlock values, int first) {
    int count = keys.count();
    values.hideNonFinite(first, count);
    clearUnlessStarted();
    ValueBlock.addNonFinite(
        sequence.v + keys.from() * sequence.ldv,
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
    int count = keys.count();
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
              + keys.from() * sequence.weightsKey,
          sequence.weightsKey);
    }
  }
}
