package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * The scores of a block of rows when decoding, as its tiles write them: for each tile, vectors of
 * its four rows for {@link #TOGETHER} lanes, row by row. So a tile reads its weights from a few
 * lines beside each other, and the softmax takes the scores of several queries at once, in any
 * order of the rows: each lane of a vector is a query's for every fourth row.
 *
 * <p>Reusable: {@link #place}, then for each block {@link #rows}.
 */
final class ScoreTiles {
  /** Lanes whose four scores make a vector. */
  static final int TOGETHER = LANES / DecodeTile.ROWS;

  /** Bytes from a row's score to the next's. */
  static final long ROW = (long) TOGETHER * Float.BYTES;

  private static final int ROWS = DecodeTile.ROWS;
  private static final int TILES = DecodeRows.BLOCK / ROWS;
  private static final long LINE = 64;

  private int lanes;
  private long tileBytes;
  private long scores;

  private int rows;
  private int tiles;

  /** Bytes that {@link #place} needs for so many lanes. */
  static long bytes(int lanes) {
    return TILES * tileBytes(lanes) + 2L * BYTES;
  }

  /** An odd number of cache lines, so that a sweep through the tiles uses all sets of L1. */
  private static long tileBytes(int lanes) {
    long bytes = (long) Math.ceilDiv(lanes, TOGETHER) * BYTES;
    return (Math.ceilDiv(bytes, LINE) | 1) * LINE;
  }

  /** Where they lie. */
  void place(int newLanes, long newScores) {
    lanes = newLanes;
    tileBytes = tileBytes(lanes);
    scores = newScores;
  }

  /** Of so many rows tile j has row j, and those a quarter, half and three quarters further on. */
  void rows(int newRows) {
    rows = newRows;
    tiles = Math.ceilDiv(rows, ROWS);
  }

  /** Lanes of all heads. */
  int lanes() {
    return lanes;
  }

  int tiles() {
    return tiles;
  }

  /** Bytes from a tile to the next. */
  long tileBytes() {
    return tileBytes;
  }

  /** The address of the scores of a tile; {@link #at} leads to those of a lane. */
  long tile(int j) {
    return scores + j * tileBytes;
  }

  /** Bytes from a tile's scores to those of a lane. */
  static long at(int lane) {
    return (long) (lane / TOGETHER) * BYTES + (long) (lane % TOGETHER) * Float.BYTES;
  }

  /** Hides the rows that fill tiles up. */
  void hideFilling() {
    for (int row = rows; row < tiles * ROWS; row++) {
      for (int lane = 0; lane < lanes; lane++) {
        MEMORY.set(FLOAT, score(row % tiles, lane, row / tiles), Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** Keys of a quarter of the rows. */
  int count(int quarter) {
    return Math.clamp(rows - (long) quarter * tiles, 0, tiles);
  }

  /** The address of the score of a lane in row {@code quarter} of tile j, of four. */
  long score(int j, int lane, int quarter) {
    return tile(j) + at(lane) + quarter * ROW;
  }

  /** Two vectors for any use. */
  long spare() {
    return scores + TILES * tileBytes;
  }
}
