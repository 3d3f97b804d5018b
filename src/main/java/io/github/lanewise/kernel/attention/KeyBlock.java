package io.github.lanewise.kernel.attention;

import io.github.lanewise.kernel.gemm.Microkernel;

/**
 * A block of key rows as the tile for scores reads them: where they lie, or packed in scratch once
 * for all panels.
 */
final class KeyBlock {
  private final Microkernel tile;
  private final int headDim;
  private final ReadAhead ahead = new ReadAhead();

  private long memory;
  private int first;
  private long keys;
  private long stride;

  /** A block for a tile. */
  KeyBlock(Microkernel tile, int headDim) {
    this.tile = tile;
    this.headDim = headDim;
  }

  /** Bytes of scratch memory. */
  static long bytes(Microkernel tile, int headDim) {
    return tile.packedBytes(AttentionTile.KEY_BLOCK, headDim);
  }

  /** Where it is packed from now on. */
  void moveTo(long scratch) {
    memory = scratch;
  }

  /** Keys {@code from} to {@code from + count - 1} of a sequence. */
  void load(AttentionSequence sequence, int from, int count) {
    first = from;
    keys = sequence.k + from * sequence.ldk;
    stride = sequence.ldk;
    if (tile.packs()) {
      ahead.rows(keys, stride, count, headDim * Float.BYTES);
      tile.pack(count, headDim, keys, stride, memory);
    }
  }

  /**
   * Sᵀ = K·Qᵀ for keys {@code from} to {@code from + count - 1}. Up to {@link Microkernel#margin}
   * rows of scores before and behind are written, too.
   */
  void multiply(int from, int count, long queries, long scores, long row) {
    if (tile.packs()) {
      tile.packed(from - first, count, memory, queries, headDim, scores);
    } else {
      long k = keys + (from - first) * stride;
      tile.rowMajorOverlapping(count, k, stride, queries, headDim, scores, row);
    }
  }
}
