package io.github.lanewise.kernel.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.simd.Simd;
import org.junit.jupiter.api.Test;

class BlockingTest {
  private static final int NC = 2 * Simd.LANES;

  /** Bytes of weights that L3 holds, and of more than it holds. */
  private static final long[] BYTES_OF_W = {4 << 20, (4 << 20) + 1};

  /** Users allot memory for so many rows. */
  @Test
  void noBlockIsHigherThanMc() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      for (int mc : new int[] {1, 5, 13, 96, 1024, Blocking.ANY}) {
        Blocking blocking = new Blocking(tile, mc, NC, 1);
        assertTrue(blocking.mc() <= Math.max(mc, tile.rows()), blocking.toString());
        for (int m : new int[] {1, 6, 61, 97, 192, 1025}) {
          for (int threads : new int[] {1, 2, 7}) {
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
            int rows = blocking.rows(m, BYTES_OF_W[n & 1], threads);
            int columns = blocking.columns(m, rows, n, threads);
            int blocks = blocking.columnBlocks(n, columns);
            assertEquals(n, blocking.firstColumn(n, columns, blocks));
            assertEquals(0, columns % (2 * Simd.LANES));
            assertTrue(threads > 1 ? columns <= blocking.nc() : columns == blocking.nc());
            boolean enough = blocks * blocking.rowBlocks(m, rows) >= threads;
            assertTrue(enough || columns <= unit, tile.name() + ": " + columns);
          }
        }
      }
    }
  }

  /** Weights from memory are read for many rows; cached ones serve blocks that end sooner. */
  @Test
  void rowsAreCutFinerWhereWeightsAreCached() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      Blocking blocking = new Blocking(tile, 264, NC, 64);
      int cached = blocking.rowBlocks(1000, blocking.rows(1000, BYTES_OF_W[0], 8));
      int read = blocking.rowBlocks(1000, blocking.rows(1000, BYTES_OF_W[1], 8));
      assertEquals(tile.isPacked() ? 16 : 4, read, tile.name());
      assertTrue(tile.isPacked() ? cached >= 2 * read : cached == read, tile.name());
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
