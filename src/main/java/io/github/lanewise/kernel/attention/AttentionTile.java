package io.github.lanewise.kernel.attention;

import io.github.lanewise.kernel.gemm.Microkernel;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.simd.Simd;

/**
 * Attention of one tile of queries over the keys that they see; lanes are queries, see the package
 * description. A tile is one or more panels of {@code nr} lanes that share each block of keys while
 * it is in cache.
 *
 * <p>Reusable: describe the sequence with {@link #keys}, then {@link #run}. One thread at a time.
 */
public final class AttentionTile {
  /**
   * Keys in a block. A panel's scores (24 KiB at 64 lanes), the block's values and the panel's
   * queries stay in L1 and L2. Bits depend on it, so it is a constant.
   */
  public static final int KEY_BLOCK = 96;

  /** The largest head dimension: a value row in scratch must fit the constant column stride. */
  public static final int MAX_HEAD_DIM = 256;

  /** Lanes of a full tile: enough to repay the copy of a value block that narrow registers need. */
  public static final int LANES = Math.max(1, 96 / Tiles.WIDE.columns()) * Tiles.WIDE.columns();

  private final int headDim;
  private final int group;
  private final float scale;

  private long k;
  private long ldk;
  private long v;
  private long ldv;
  private int keys;
  private int beforeFirst;

  private Microkernel tile = Tiles.WIDE;
  private long row;
  private TileLayout at;
  private final TileLayout wideLayout;
  private final TileLayout narrowLayout;
  private long values;

  /**
   * A tile of heads of {@code headDim}.
   *
   * @param group query heads that share a key head
   * @param scale factor of the scores, in base 2: log2(e) included
   */
  public AttentionTile(int headDim, int group, float scale) {
    this.headDim = headDim;
    this.group = group;
    this.scale = scale;
    wideLayout = new TileLayout(Tiles.WIDE, headDim);
    narrowLayout = new TileLayout(Tiles.NARROW, headDim);
    at = wideLayout;
  }

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(int headDim) {
    TileLayout layout = new TileLayout(Tiles.WIDE, headDim);
    int panels = LANES / Tiles.WIDE.columns();
    return panels * layout.bytes() + (long) KEY_BLOCK * Microkernel.COLUMN_STRIDE;
  }

  /**
   * Says where keys and values lie.
   *
   * @param newK address of the first key of this head
   * @param newLdk bytes from one key to the next
   * @param newKeys number of keys
   * @param newBeforeFirst keys that position 0 sees, less one: position p sees {@code
   *     newBeforeFirst + p + 1}, at most all
   */
  public void keys(
      long newK, long newLdk, long newV, long newLdv, int newKeys, int newBeforeFirst) {
    k = newK;
    ldk = newLdk;
    v = newV;
    ldv = newLdv;
    keys = newKeys;
    beforeFirst = newBeforeFirst;
  }

  /**
   * Computes lanes {@code firstLane} to {@code firstLane + count - 1}.
   *
   * @param newTile {@link Tiles#WIDE} for up to {@link #LANES} lanes, {@link Tiles#NARROW} for up
   *     to its columns
   * @param q address of position 0 of the group's first head
   * @param ldq bytes from one position to the next
   * @param out where the output goes, laid out like the queries
   */
  public void run(
      Microkernel newTile,
      long scratch,
      long q,
      long ldq,
      long out,
      long ldo,
      int firstLane,
      int count) {
    tile = newTile;
    at = tile == Tiles.WIDE ? wideLayout : narrowLayout;
    int nr = tile.columns();
    int panels = (count + nr - 1) / nr;
    row = (long) nr * Float.BYTES;
    values = scratch + panels * at.bytes();
    for (int p = 0; p < panels; p++) {
      long panel = scratch + p * at.bytes();
      int first = firstLane + p * nr;
      int lanes = Math.min(nr, count - p * nr);
      QueryLanes.load(q, ldq, group, headDim, scale, first, lanes, nr, panel + TileLayout.QUERIES);
      QueryLanes.setVisible(group, beforeFirst, keys, first, lanes, nr, panel + at.visible());
      reset(panel);
    }
    int most = QueryLanes.visible(group, beforeFirst, keys, firstLane + count - 1);
    for (int first = 0; first < most; first += KEY_BLOCK) {
      block(scratch, panels, first, firstLane, count);
    }
    for (int p = 0; p < panels; p++) {
      long panel = scratch + p * at.bytes();
      int lanes = Math.min(nr, count - p * nr);
      QueryLanes.store(
          panel + at.output(),
          panel + at.sum(),
          nr,
          lanes,
          out,
          ldo,
          group,
          headDim,
          firstLane + p * nr);
    }
  }

  private void reset(long panel) {
    for (int lane = 0; lane < tile.columns(); lane++) {
      long shift = (long) lane * Float.BYTES;
      Simd.MEMORY.set(Simd.FLOAT, panel + at.max() + shift, Float.NEGATIVE_INFINITY);
      Simd.MEMORY.set(Simd.FLOAT, panel + at.sum() + shift, 0f);
    }
  }

  /** One block of keys, beginning with key {@code first}, for those panels that see any of it. */
  private void block(long scratch, int panels, int first, int firstLane, int count) {
    int nr = tile.columns();
    boolean copied = false;
    for (int p = 0; p < panels; p++) {
      int lane = firstLane + p * nr;
      int lastLane = Math.min(lane + nr, firstLane + count) - 1;
      int fewest = QueryLanes.visible(group, beforeFirst, keys, lane);
      int most = QueryLanes.visible(group, beforeFirst, keys, lastLane);
      int length = Math.min(KEY_BLOCK, most - first);
      if (length <= 0) {
        continue;
      }
      boolean masked = fewest < first + length;
      if (!copied && (masked || mustCopy(first + length == most))) {
        // All of the block, for the panels to come.
        int whole = Math.min(KEY_BLOCK, keys - first);
        ValueBlock.copy(v + first * ldv, ldv, whole, headDim, values);
        copied = true;
      }
      panel(scratch + p * at.bytes(), first, length, fewest, masked, copied);
    }
  }

  /**
   * Whether the register tile cannot read the values where they lie: it needs a constant stride, or
   * its last rows, past the head, could lie past the end of the matrix.
   */
  private boolean mustCopy(boolean lastBlock) {
    boolean padded = headDim % tile.rows() != 0;
    return tile.hasFixedColumnStride()
        || (padded && lastBlock)
        || (padded && headDim < tile.rows());
  }

  /** One block of keys for one panel: Sᵀ = K·Qᵀ, online softmax, Oᵀ += Vᵀ·Pᵀ. */
  private void panel(
      long panel, int first, int length, int fewest, boolean masked, boolean copied) {
    long scores = panel + at.scores();
    tile.rowMajorOverlapping(
        length, k + first * ldk, ldk, panel + TileLayout.QUERIES, headDim, scores, row);
    if (masked) {
      mask(panel, Math.max(0, fewest - first), length, first);
    }
    if (softmax(panel, length) && first > 0) {
      ScoreLanes.scaleRows(panel + at.output(), headDim, tile.columns(), panel + at.factor());
    }
    // 0 · NaN is NaN: a value that a lane must not see may meet its weight of 0 only if it is
    // finite. Blocks that are masked for some lane were copied, so they can be mended.
    boolean hazard = masked && !ValueBlock.isFinite(v + first * ldv, ldv, length, headDim);
    if (hazard) {
      ValueBlock.hideNonFinite(values, length, headDim);
    }
    addValues(panel, first, length, copied);
    if (hazard) {
      ValueBlock.addNonFinite(
          v + first * ldv,
          ldv,
          length,
          headDim,
          first,
          scores,
          panel + at.output(),
          panel + at.visible(),
          tile.columns());
      ValueBlock.copy(v + first * ldv, ldv, length, headDim, values);
    }
  }

  private void mask(long panel, int from, int to, int first) {
    for (long shift = 0; shift < row; shift += Simd.BYTES) {
      ScoreLanes.mask(
          panel + at.scores() + shift, row, from, to, first, panel + at.visible() + shift);
    }
  }

  private boolean softmax(long panel, int length) {
    boolean rescale = false;
    for (long shift = 0; shift < row; shift += Simd.BYTES) {
      rescale |=
          ScoreLanes.softmax(
              panel + at.scores() + shift,
              row,
              length,
              panel + at.max() + shift,
              panel + at.sum() + shift,
              panel + at.factor() + shift);
    }
    return rescale;
  }

  private void addValues(long panel, int first, int length, boolean copied) {
    long output = panel + at.output();
    long from = first == 0 ? Microkernel.ZEROS : output;
    long a = copied ? values : v + first * ldv;
    long lda = copied ? Microkernel.COLUMN_STRIDE : ldv;
    long p = panel + at.scores();
    tile.columnMajorPadded(headDim, a, lda, p, length, from, output, row);
  }
}
