package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.kernel.gemm.ValueTile;

/**
 * Linear attention of one key head, a chunk of tokens at a time, as products of small matrices: the
 * state takes φ(K)ᵀ·V, and queries read φ(Q)·S. Where each query sees the keys of its own chunk up
 * to itself, it reads the state before the chunk, and the masked φ(Q)·φ(K)ᵀ times V (Hua et al.
 * 2022, "Transformer Quality in Linear Time"; Yang et al. 2024, "Gated Linear Attention").
 *
 * <p>Queries lie along the lanes, as in {@link AttentionPanel}. Every element of a state is one sum
 * over the keys in their order: its bits do not depend on chunks. Reusable, by one thread at a
 * time.
 */
public final class LinearAttentionChunk {
  /**
   * Tokens of a chunk. Work grows with it by the products of a chunk's own queries and keys, and
   * falls by the passes over the state.
   */
  public static final int TOKENS = 32;

  private static final ValueTile TILE = Tiles.VALUES;
  private static final long KEY_ROW = (long) TOKENS * Float.BYTES;

  private final int headDim;
  private final int valueDim;
  private final int group;
  private final LinearState states;
  private final ValueBlock values;

  /** Vectors and lanes of a panel of queries. */
  private final int width;

  private final int panelLanes;
  private final long row;
  private final long featureRow;
  private final long outputRow;

  private final long transposed;
  private final long queries;
  private final long weights;
  private final long outputs;
  private final long sums;
  private final long factors;
  private final long limits;
  private final long spare;
  private final long block;
  private final long bytes;

  private long scratch;
  private int keys;

  /**
   * A kernel for heads of one shape.
   *
   * @param group query heads that share a key head
   */
  public LinearAttentionChunk(int headDim, int valueDim, int group) {
    this.headDim = headDim;
    this.valueDim = valueDim;
    this.group = group;
    states = new LinearState(headDim, valueDim);
    values = new ValueBlock(valueDim, TOKENS);
    int vectors = (int) Math.min(Math.ceilDiv((long) TOKENS * group, LANES), 64L);
    int panels = Math.ceilDiv(vectors, TILE.vectors());
    width = Math.ceilDiv(vectors, panels);
    panelLanes = width * LANES;
    row = (long) width * BYTES;
    featureRow = (long) ValueBlock.vectors(headDim) * BYTES;
    outputRow = (long) ValueBlock.vectors(valueDim) * BYTES;
    transposed = TOKENS * featureRow;
    queries = transposed + headDim * KEY_ROW;
    weights = queries + headDim * row;
    outputs = weights + TOKENS * row;
    sums = outputs + panelLanes * outputRow;
    factors = sums + row;
    limits = factors + row;
    spare = limits + row;
    block = spare + (long) ValueBlock.vectors(headDim) * LaneTranspose.BLOCK_BYTES;
    bytes = block + ValueBlock.bytes(valueDim, TOKENS);
  }

  /** Bytes of scratch memory. */
  public long scratchBytes() {
    return bytes;
  }

  /** The layout of its states. */
  public LinearState states() {
    return states;
  }

  /** Where it works from now on. */
  public void moveTo(long newScratch) {
    scratch = newScratch;
    values.moveTo(scratch + block);
    // Dimensions past the last one stay 0.
    LinearAttentionHead.clear(scratch, transposed);
  }

  /**
   * Takes up {@code count} tokens, at most {@link #TOKENS}, and of their keys the dimensions from
   * {@code firstDim}, a multiple of a vector, to {@code endDim - 1}.
   */
  public void keys(long k, long ldk, long v, long ldv, int count, int firstDim, int endDim) {
    keys = count;
    long shift = (long) firstDim * Float.BYTES;
    for (int i = 0; i < count; i++) {
      long features = scratch + i * featureRow + shift;
      LinearAttentionHead.feature(k + i * ldk + shift, features, endDim - firstDim);
    }
    values.load(v, ldv, count);
  }

  /** Adds these tokens to those dimensions of a state. */
  public void absorb(long state, int firstDim, int endDim) {
    for (int strip = 0; strip < values.strips(); strip++) {
      int vectors = values.width(strip);
      for (int dim = firstDim; dim < endDim; dim += TILE.rows()) {
        TILE.compute(
            vectors,
            scratch + (long) dim * Float.BYTES,
            featureRow,
            values.address(strip, 0),
            keys,
            true,
            states.row(state, strip, dim),
            (long) vectors * BYTES);
      }
    }
    for (int dim = firstDim; dim < endDim; dim += LANES) {
      long features = scratch + (long) dim * Float.BYTES;
      LinearLanes.addRows(features, featureRow, keys, states.sums(state, dim));
    }
  }

  /** Has {@code count} queries read a state. */
  public void read(long state, long q, long ldq, long out, long ldo, int count) {
    read(state, q, ldq, out, ldo, count, false);
  }

  /**
   * Has the queries of the tokens taken up read the state before them, and them up to their own.
   */
  public void readCausal(long state, long q, long ldq, long out, long ldo) {
    QueryLanes.load(
        scratch,
        featureRow,
        1,
        headDim,
        1f,
        0,
        keys,
        TOKENS,
        scratch + transposed,
        scratch + spare);
    read(state, q, ldq, out, ldo, keys, true);
  }

  private void read(long state, long q, long ldq, long out, long ldo, int count, boolean causal) {
    for (int lane = 0; lane < count * group; lane += panelLanes) {
      int lanes = Math.min(panelLanes, count * group - lane);
      QueryLanes.load(
          q, ldq, group, headDim, 1f, lane, lanes, panelLanes, scratch + queries, scratch + spare);
      LinearAttentionHead.feature(scratch + queries, scratch + queries, headDim * panelLanes);
      for (long at = 0; at < row; at += BYTES) {
        LinearLanes.dots(
            scratch + queries + at, row, headDim, states.sums(state, 0), scratch + sums + at);
      }
      if (causal) {
        weigh(lane);
      }
      for (int strip = 0; strip < values.strips(); strip++) {
        multiply(state, strip, lane, lanes, causal);
      }
      if (causal && !values.isFinite(0, keys)) {
        addOneByOne(state, lane, lanes);
      }
      ScoreLanes.reciprocals(scratch + sums, panelLanes, scratch + factors);
      OutputRows.store(
          scratch + outputs, outputRow, lanes, scratch + factors, out, ldo, group, valueDim, lane);
    }
  }

  /** The weights of the chunk's own keys, in the layout of transposed scores. */
  private void weigh(int firstLane) {
    for (int key = 0; key < keys; key += TILE.rows()) {
      TILE.compute(
          width,
          scratch + transposed + (long) key * Float.BYTES,
          KEY_ROW,
          scratch + queries,
          headDim,
          false,
          scratch + weights + key * row,
          row);
    }
    for (int lane = 0; lane < panelLanes; lane++) {
      float seen = seenBy(firstLane + lane);
      MEMORY.set(FLOAT, scratch + limits + (long) lane * Float.BYTES, seen);
    }
    for (long at = 0; at < row; at += BYTES) {
      LinearLanes.mask(
          scratch + weights + at, row, keys, scratch + limits + at, scratch + sums + at);
    }
  }

  /** Keys of the chunk that a lane sees. */
  private int seenBy(int lane) {
    return Math.min(keys, lane / group + 1);
  }

  private void multiply(long state, int strip, int firstLane, int lanes, boolean causal) {
    int vectors = values.width(strip);
    long o = scratch + outputs + (long) values.firstVector(strip) * BYTES;
    boolean own = causal && values.isFinite(0, keys);
    for (int lane = 0; lane < lanes; lane += TILE.rows()) {
      long shift = (long) lane * Float.BYTES;
      long target = o + lane * outputRow;
      long s = states.row(state, strip, 0);
      TILE.compute(vectors, scratch + queries + shift, row, s, headDim, false, target, outputRow);
      if (own) {
        int seen = seenBy(firstLane + Math.min(lane + TILE.rows(), lanes) - 1);
        long v = values.address(strip, 0);
        TILE.compute(vectors, scratch + weights + shift, row, v, seen, true, target, outputRow);
      }
    }
  }

  /** The chunk's own values where a weight of 0 must not meet them: 0 · NaN is NaN. */
  private void addOneByOne(long state, int firstLane, int lanes) {
    for (int strip = 0; strip < values.strips(); strip++) {
      int floats = values.width(strip) * LANES;
      long o = scratch + outputs + (long) values.firstVector(strip) * BYTES;
      for (int lane = 0; lane < lanes; lane++) {
        for (int key = 0; key < seenBy(firstLane + lane); key++) {
          float w = MEMORY.get(FLOAT, scratch + weights + key * row + (long) lane * Float.BYTES);
          for (int i = 0; i < floats; i++) {
            long at = o + lane * outputRow + (long) i * Float.BYTES;
            float v = MEMORY.get(FLOAT, values.address(strip, key) + (long) i * Float.BYTES);
            MEMORY.set(FLOAT, at, MEMORY.get(FLOAT, at) + w * v);
          }
        }
      }
    }
  }
}
