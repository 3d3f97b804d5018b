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

  /** Vectors of lanes that read a state together. */
  private static final int PANEL = 4;

  private static final ValueTile TILE = Tiles.LINEAR_VALUES;

  private final int headDim;
  private final int valueDim;
  private final int group;
  private final LinearState states;
  private final ValueBlock values;

  private final long featureRow;
  private final long outputRow;

  /** Of a vector of queries: [headDim], and of their weights: [TOKENS]. */
  private final long queryBytes;

  private final long weightBytes;

  private final long queries;
  private final long weights;
  private final long outputs;
  private final long sums;
  private final long factors;
  private final long limits;
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
    values = new ValueBlock(valueDim, TOKENS, TILE);
    featureRow = (long) ValueBlock.vectors(headDim) * BYTES;
    outputRow = (long) ValueBlock.vectors(valueDim) * BYTES;
    queryBytes = (long) headDim * BYTES;
    weightBytes = (long) TOKENS * BYTES;
    queries = TOKENS * featureRow;
    weights = queries + PANEL * queryBytes;
    outputs = weights + PANEL * weightBytes;
    sums = outputs + (long) PANEL * LANES * outputRow;
    factors = sums + (long) (PANEL + TILE.rows()) * BYTES;
    limits = factors + (long) PANEL * BYTES;
    block = limits + BYTES;
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
    LinearAttentionHead.clear(scratch, queries);
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
    read(state, q, ldq, out, ldo, keys, true);
  }

  private void read(long state, long q, long ldq, long out, long ldo, int count, boolean own) {
    int all = count * group;
    for (int first = 0; first < all; first += PANEL * LANES) {
      int lanes = Math.min(PANEL * LANES, all - first);
      for (int vector = 0; vector * LANES < lanes; vector++) {
        int lane = first + vector * LANES;
        load(q, ldq, vector, lane, Math.min(LANES, all - lane));
        sum(state, vector);
        if (own) {
          weigh(vector, lane, Math.min(LANES, all - lane));
        }
      }
      boolean finite = own && values.isFinite(0, keys);
      for (int strip = 0; strip < values.strips(); strip++) {
        multiply(state, strip, first, lanes, finite);
        if (own && !finite) {
          addOneByOne(strip, first, lanes);
        }
      }
      long f = scratch + factors;
      ScoreLanes.reciprocals(scratch + sums, PANEL * LANES, f);
      long o = scratch + outputs;
      OutputRows.store(o, outputRow, lanes, f, out, ldo, group, valueDim, first);
    }
  }

  /** φ of one vector of queries. */
  private void load(long q, long ldq, int vector, int firstLane, int lanes) {
    long target = scratch + queries + vector * queryBytes;
    QueryLanes.load(q, ldq, group, headDim, 1f, firstLane, lanes, LANES, target);
    LinearAttentionHead.feature(target, target, headDim * LANES);
  }

  /** φ(q)·z, in the first of as many rows as the tile has. */
  private void sum(long state, int vector) {
    long z = states.sums(state, 0);
    long target = scratch + sums + (long) vector * BYTES;
    TILE.compute(
        1, z, Float.BYTES, scratch + queries + vector * queryBytes, headDim, false, target, BYTES);
  }

  /** The weights of the chunk's own keys, in the layout of transposed scores. */
  private void weigh(int vector, int firstLane, int lanes) {
    long w = scratch + weights + vector * weightBytes;
    int seen = seenBy(firstLane + lanes - 1);
    long q = scratch + queries + vector * queryBytes;
    Tiles.ONE_VECTOR.rowMajorOverlapping(seen, scratch, featureRow, q, headDim, w, BYTES);
    for (int lane = 0; lane < LANES; lane++) {
      float limit = seenBy(firstLane + Math.min(lane, lanes - 1));
      MEMORY.set(FLOAT, scratch + limits + (long) lane * Float.BYTES, limit);
    }
    LinearLanes.mask(w, seen, scratch + limits, scratch + sums + (long) vector * BYTES);
  }

  /** Keys of the chunk that a lane sees. */
  private int seenBy(int lane) {
    return lane / group + 1;
  }

  private void multiply(long state, int strip, int firstLane, int lanes, boolean own) {
    int vectors = values.width(strip);
    long o = scratch + outputs + (long) values.firstVector(strip) * BYTES;
    long s = states.row(state, strip, 0);
    long v = values.address(strip, 0);
    for (int lane = 0; lane < lanes; lane += TILE.rows()) {
      long shift = (long) (lane % LANES) * Float.BYTES;
      long q = scratch + queries + lane / LANES * queryBytes + shift;
      long target = o + lane * outputRow;
      TILE.compute(vectors, q, BYTES, s, headDim, false, target, outputRow);
      if (own) {
        int seen = seenBy(firstLane + Math.min(lane + TILE.rows(), lanes) - 1);
        long w = scratch + weights + lane / LANES * weightBytes + shift;
        TILE.compute(vectors, w, BYTES, v, seen, true, target, outputRow);
      }
    }
  }

  /** The chunk's own values where a weight of 0 must not meet them: 0 · NaN is NaN. */
  private void addOneByOne(int strip, int firstLane, int lanes) {
    int floats = values.width(strip) * LANES;
    long o = scratch + outputs + (long) values.firstVector(strip) * BYTES;
    for (int lane = 0; lane < lanes; lane++) {
      long w = scratch + weights + lane / LANES * weightBytes + (long) (lane % LANES) * Float.BYTES;
      for (int key = 0; key < seenBy(firstLane + lane); key++) {
        float weight = MEMORY.get(FLOAT, w + (long) key * BYTES);
        for (int i = 0; i < floats; i++) {
          long at = o + lane * outputRow + (long) i * Float.BYTES;
          float value = MEMORY.get(FLOAT, values.address(strip, key) + (long) i * Float.BYTES);
          MEMORY.set(FLOAT, at, MEMORY.get(FLOAT, at) + weight * value);
        }
      }
    }
  }
}
