package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.kernel.gemm.Tiles;
import java.lang.foreign.MemorySegment;

/**
 * How {@link LinearAttentionChunk} lays out the state of a key head: S = Σ φ(k)·vᵀ in the vertical
 * strips of a {@link ValueBlock}, a row a dimension of the key, and behind them z = Σ φ(k). Callers
 * hold the rows of {@link LinearAttentionHead} instead, which decoding reads one by one.
 *
 * <p>States at any address; dimensions are moved in blocks, so that several threads may share one.
 */
public final class LinearState {
  private static final int ROWS = Tiles.LINEAR_VALUES.rows();

  private final int headDim;
  private final long stride;
  private final int rows;
  private final ValueBlock strips;
  private final long sums;

  /** States of heads of one shape. */
  public LinearState(int headDim, int valueDim) {
    this.headDim = headDim;
    stride = LinearAttentionHead.stride(headDim, valueDim);
    rows = Math.ceilDiv(headDim, ROWS) * ROWS;
    strips = new ValueBlock(valueDim, rows, Tiles.LINEAR_VALUES);
    sums = ValueBlock.bytes(valueDim, rows);
  }

  /** Bytes of a state. */
  public long bytes() {
    // Tiles read some floats past z.
    return sums + (ValueBlock.vectors(headDim) + 1L) * BYTES;
  }

  /** Address of row {@code dim} of a strip of S. */
  long row(long state, int strip, int dim) {
    return state + strips.address(strip, dim);
  }

  /** Address of z from {@code dim} on. */
  long sums(long state, int dim) {
    return state + sums + (long) dim * Float.BYTES;
  }

  /**
   * Empties the dimensions from {@code firstDim}, a multiple of a vector, to {@code endDim - 1}.
   */
  public void clear(long state, int firstDim, int endDim) {
    for (int strip = 0; strip < strips.strips(); strip++) {
      long from = row(state, strip, firstDim);
      LinearAttentionHead.clear(from, row(state, strip, endRow(endDim)) - from);
    }
    LinearAttentionHead.clear(sums(state, firstDim), sumBytes(firstDim, endDim));
  }

  /** Copies these dimensions from one state to another. */
  public void copy(long from, long to, int firstDim, int endDim) {
    for (int strip = 0; strip < strips.strips(); strip++) {
      long start = row(from, strip, firstDim);
      move(start, row(to, strip, firstDim), row(from, strip, endRow(endDim)) - start);
    }
    move(sums(from, firstDim), sums(to, firstDim), sumBytes(firstDim, endDim));
  }

  /** Takes these dimensions from the rows that a caller holds; padding stays as it is. */
  public void load(long held, long state, int firstDim, int endDim) {
    exchange(held, state, firstDim, endDim, true);
  }

  /** Writes these dimensions to the rows that a caller holds. */
  public void store(long state, long held, int firstDim, int endDim) {
    exchange(held, state, firstDim, endDim, false);
  }

  private void exchange(long held, long state, int firstDim, int endDim, boolean toState) {
    for (int strip = 0; strip < strips.strips(); strip++) {
      long shift = (long) strips.firstVector(strip) * BYTES;
      long bytes = (long) strips.width(strip) * BYTES;
      for (int dim = firstDim; dim < endDim; dim++) {
        long theirs = held + dim * stride + shift;
        long ours = row(state, strip, dim);
        move(toState ? theirs : ours, toState ? ours : theirs, bytes);
      }
    }
    long theirs = held + headDim * stride + (long) firstDim * Float.BYTES;
    long ours = sums(state, firstDim);
    long bytes = (long) (endDim - firstDim) * Float.BYTES;
    move(toState ? theirs : ours, toState ? ours : theirs, bytes);
  }

  private int endRow(int endDim) {
    return endDim == headDim ? rows : endDim;
  }

  private static long sumBytes(int firstDim, int endDim) {
    return (long) ValueBlock.vectors(endDim - firstDim) * BYTES;
  }

  private static void move(long from, long to, long bytes) {
    MemorySegment.copy(MEMORY, from, MEMORY, to, bytes);
  }
}
