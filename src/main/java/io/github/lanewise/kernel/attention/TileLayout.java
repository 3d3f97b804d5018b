package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;

import io.github.lanewise.kernel.gemm.Microkernel;

/**
 * Where the data of one panel of lanes lie in scratch memory: byte offsets, each a multiple of a
 * vector. Queries [headDim][nr], output [nr][valueDim, rounded up to vectors], and rows of nr
 * floats. The scores [KEY_BLOCK][nr] lie apart, between the margins that the tile writes to, with
 * spare room behind them, for the panels of a tile share them.
 *
 * @param low the first key that each lane sees by its window, as floats
 * @param high the end of the keys that each lane sees, as floats
 * @param position key position of each lane, as floats
 * @param slope ALiBi's slope of each lane, negative
 * @param bytes of all these
 * @param scores offset of the scores from their memory
 * @param spare offset from the scores of room to transpose one vector of lanes
 * @param scoreBytes of the scores with their margins, and that room
 */
record TileLayout(
    long output,
    long max,
    long sum,
    long factor,
    long low,
    long high,
    long position,
    long slope,
    long bytes,
    long scores,
    long spare,
    long scoreBytes) {
  /** Offset of the queries. */
  static final long QUERIES = 0;

  private static final int LANE_ROWS = 7;

  static TileLayout of(Microkernel tile, int headDim, int valueDim) {
    long row = (long) tile.columns() * Float.BYTES;
    long output = row * headDim;
    long margin = row * tile.margin();
    long spare = row * AttentionTile.KEY_BLOCK + margin;
    // What is given for each query and key is transposed a vector of lanes at a time.
    long given = (long) AttentionTile.KEY_BLOCK * BYTES;
    long lanes = output + tile.columns() * (long) ValueBlock.vectors(valueDim) * BYTES;
    return new TileLayout(
        output,
        lanes,
        lanes + row,
        lanes + 2 * row,
        lanes + 3 * row,
        lanes + 4 * row,
        lanes + 5 * row,
        lanes + 6 * row,
        lanes + LANE_ROWS * row,
        margin,
        spare,
        margin + spare + given);
  }
}
