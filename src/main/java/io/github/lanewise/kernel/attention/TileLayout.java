package io.github.lanewise.kernel.attention;

import io.github.lanewise.kernel.gemm.Microkernel;

/**
 * Where the data of one panel of lanes lie in scratch memory: byte offsets, each a multiple of a
 * vector. Queries [headDim][nr], scores [KEY_BLOCK][nr], output [headDim, rounded up to a register
 * tile][nr], and rows of nr floats.
 */
record TileLayout(
    long scores, long output, long max, long sum, long factor, long visible, long bytes) {
  /** Offset of the queries. */
  static final long QUERIES = 0;

  TileLayout(Microkernel tile, int headDim) {
    this(
        (long) tile.columns() * Float.BYTES,
        headDim,
        Math.ceilDiv(headDim, tile.rows()) * (long) tile.rows());
  }

  private TileLayout(long row, long queryRows, long outputRows) {
    this(
        row * queryRows,
        row * (queryRows + AttentionTile.KEY_BLOCK),
        row * (queryRows + AttentionTile.KEY_BLOCK + outputRows),
        row * (queryRows + AttentionTile.KEY_BLOCK + outputRows + 1),
        row * (queryRows + AttentionTile.KEY_BLOCK + outputRows + 2),
        row * (queryRows + AttentionTile.KEY_BLOCK + outputRows + 3),
        (row * (queryRows + AttentionTile.KEY_BLOCK + outputRows + 4) + 63) / 64 * 64);
  }
}
