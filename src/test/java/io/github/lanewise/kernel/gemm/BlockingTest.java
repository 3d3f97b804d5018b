package io.github.lanewise.kernel.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.simd.Simd;
import org.junit.jupiter.api.Test;

class BlockingTest {
  private static final int NC = 2 * Simd.LANES;

  /** The most bytes of weights that count as cached, and one more. */
  private static final long[] BYTES_OF_W = {4 << 20, (4 << 20) + 1};

  /** Users allot memory for so many rows. */
  @Test
  void noBlockIsHigherThanMc() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      for (int mc : new int[] {1, 5, 13, 96, 1024, Blocking.ANY}) {
        Blocking blocking = new Blocking(tile, mc, NC, 1);
        assertTrue(blocking.mc() <= Math.max(mc, tile.rows()), blocking.toString());
        for (int m : new int[] {1, 6, 61, 97, 192, 1025}) {
          for (int threads : new int[] {1, 2, 7, 64}) {
            for (long bytesOfW : BYTES_OF_W) {
              assertRows(blocking, m, bytesOfW, threads);
            }
          }
        }
      }
    }
  }

  private static void assertRows(Blocking blocking, int m, long bytesOfW, int threads) {
    int most = blocking.rows(m, bytesOfW, threads);
    assertTrue(threads > 1 ? most <= blocking.mc() : most == blocking.mc());
    assertTrue(most == blocking.mc() || most % blocking.tile().rows() == 0);
    int blocks = blocking.rowBlocks(m, most);
    assertEquals(0, blocking.firstRow(m, most, 0));
    assertEquals(m, blocking.firstRow(m, most, blocks));
    for (int i = 0; i < blocks; i++) {
      int rows = blocking.firstRow(m, most, i + 1) - blocking.firstRow(m, most, i);
      assertTrue(rows > 0 && rows <= most, rows + " of " + m + " rows in " + blocking);
    }
  }

  /** Each of several threads gets a block where columns allow, and no column is lost. */
  @Test
  void fewBlocksAreCutForMoreThreads() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      int unit = tile.vectors() * 2 * Simd.LANES;
      Blocking blocking = new Blocking(tile, 264, 12 * unit, 64);
      for (int threads = 1; threads <= 8; threads++) {
        for (int m : new int[] {1, 31, 128, 1000}) {
          for (int n : new int[] {1, unit, 5 * unit + 1, 40 * unit}) {
            for (long bytesOfW : BYTES_OF_W) {
              assertColumns(blocking, m, n, blocking.rows(m, bytesOfW, threads), threads);
            }
          }
        }
      }
    }
  }

  private static void assertColumns(Blocking blocking, int m, int n, int rows, int threads) {
    int unit = blocking.tile().vectors() * 2 * Simd.LANES;
    int columns = blocking.columns(m, rows, n, threads);
    int blocks = blocking.columnBlocks(n, columns);
    assertEquals(n, blocking.firstColumn(n, columns, blocks));
    assertEquals(0, columns % (2 * Simd.LANES));
    assertTrue(threads > 1 ? columns <= blocking.nc() : columns == blocking.nc());
    boolean enough = blocks * blocking.rowBlocks(m, rows) >= threads;
    assertTrue(enough || columns <= unit, blocking.tile().name() + ": " + columns);
  }

  /** Weights from memory are read for many rows; cached ones serve blocks that end sooner. */
  @Test
  void rowsAreCutFinerWhereWeightsAreCached() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      Blocking blocking = new Blocking(tile, 264, 64 * NC, 64);
      for (int threads : new int[] {2, 8, 64}) {
        int m = 24 * threads * tile.rows();
        int cached = blocking.rowBlocks(m, blocking.rows(m, BYTES_OF_W[0], threads));
        int read = blocking.rowBlocks(m, blocking.rows(m, BYTES_OF_W[1], threads));
        int most = blocking.rowBlocks(m, blocking.mc());
        assertEquals(tile.isPacked() ? 8 * threads : most, cached, tile.name());
        assertEquals(tile.isPacked() ? Math.max(2 * threads, most) : most, read, tile.name());
      }
    }
  }

  /** Each block of columns packs the same rows: of many rows none is cut. */
  @Test
  void columnsStayWholeWhereRowsAreMany() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      Blocking blocking = new Blocking(tile, 264, 64 * NC, 64);
      for (int threads = 2; tile.isPacked() && threads <= 64; threads *= 2) {
        for (int tiles = 12 * threads; tiles <= 50 * threads; tiles += 5) {
          int m = tiles * tile.rows();
          int rows = blocking.rows(m, BYTES_OF_W[0], threads);
          assertEquals(64 * NC, blocking.columns(m, rows, 1000, threads), tile.name());
        }
      }
      int few = blocking.rows(4 * tile.rows(), BYTES_OF_W[0], 2);
      assertEquals(tile.isPacked() ? 2 : 1, blocking.rowBlocks(4 * tile.rows(), few), tile.name());
    }
  }

  /** They are packed all at once, in groups that a block must not cut. */
  @Test
  void interleavedRowsAreNotCut() {
    for (GemmTile tile : Tiles.all().stream().filter(t -> !t.addsBlocks()).toList()) {
      for (int mc : new int[] {1, 15, GemmPlan.MOST_SKINNY_ROWS, 1024}) {
        assertThrows(
            IllegalArgumentException.class, () -> new Blocking(tile, mc, NC, 1), tile.name());
      }
      Blocking blocking = new Blocking(tile, Blocking.ANY, NC, 1);
      assertEquals(Blocking.ANY, blocking.rows(GemmPlan.MOST_SKINNY_ROWS, 1, 4));
    }
  }
}
