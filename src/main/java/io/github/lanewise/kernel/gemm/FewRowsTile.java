package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Storage;

/**
 * For few rows, whose weights come from memory, with 16 registers: up to four panels beside each
 * other, as there is room. Each is a stream that the hardware prefetcher follows ahead of the tile,
 * and the products of several rows leave a core no room to run ahead of it itself. Measured on Zen
 * 3: 26 GB/s of weights with 2x4, 23 with 4x3, 18 to 20 with 4x2 and 6x2.
 *
 * <p>Seven or eight rows are two tiles: the first meets the weights in memory, the second in L1 or
 * L2 (in L3 where k is beyond some 5,000). Measured in turns with weights from memory, panels of
 * 384 to 11,008 floats: 8 rows 1 to 11 % faster than six rows in pairs of panels and two in fours,
 * 3 or 4 rows 17 % and 2 rows 20 % faster than in pairs. Five or six rows in threes are 6 to 14 %
 * slower than in pairs, 9 to 16 rows in tiles of three or four 5 to 15 % slower than in tiles of up
 * to six.
 */
final class FewRowsTile extends GemmTile {
  private final GemmTile two = new GemmTile2x4u1s();
  private final GemmTile four = new GemmTile4x3u1s();
  private final GemmTile six = new GemmTile6x2u1s();

  FewRowsTile() {
    super("8x4u1s", 8, 4, Storage.F32, Layout.PANELS);
  }

  @Override
  int tiles(int m) {
    return Math.ceilDiv(m, m <= rows() ? rows() : six.rows());
  }

  @Override
  int vectors(int m) {
    return of(Math.ceilDiv(m, tiles(m))).vectors();
  }

  /** The tile for so many rows or, of more than it has, for each half. */
  private GemmTile of(int rows) {
    if (rows <= two.rows()) {
      return two;
    }
    return rows > four.rows() && rows <= six.rows() ? six : four;
  }

  @Override
  public int registers() {
    return four.registers();
  }

  @Override
  void setOrAdd(
      boolean sum,
      int rows,
      int vectors,
      long a,
      long lda,
      long b,
      long ldb,
      int k,
      long c,
      long ldc,
      long stepC) {
    GemmTile tile = of(rows);
    int first = Math.min(rows, tile.rows());
    tile.setOrAdd(sum, first, vectors, a, lda, b, ldb, k, c, ldc, stepC);
    if (rows > first) {
      long pa = a + (long) first * Float.BYTES;
      long pc = c + first * ldc;
      tile.setOrAdd(sum, rows - first, vectors, pa, lda, b, ldb, k, pc, ldc, stepC);
    }
  }
}
