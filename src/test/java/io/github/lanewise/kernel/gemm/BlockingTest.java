package io.github.lanewise.kernel.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.simd.Simd;
import org.junit.jupiter.api.Test;

class BlockingTest {
  private static final int NC = 2 * Simd.LANES;

  /** Users allot memory for so many rows. */
  @Test
  void noBlockIsHigherThanMc() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      for (int mc : new int[] {1, 5, 13, 96, 1024, Blocking.ANY}) {
        Blocking blocking = new Blocking(tile, mc, NC, 1);
        assertTrue(blocking.mc() <= Math.max(mc, tile.rows()), blocking.toString());
        for (int m : new int[] {1, 6, 61, 97, 192, 1025}) {
          int blocks = blocking.rowBlocks(m);
          assertEquals(0, blocking.firstRow(m, 0));
          assertEquals(m, blocking.firstRow(m, blocks));
          for (int i = 0; i < blocks; i++) {
            int rows = blocking.firstRow(m, i + 1) - blocking.firstRow(m, i);
            assertTrue(rows <= blocking.mc(), rows + " of " + m + " rows in " + blocking);
          }
        }
      }
    }
  }

  /** Each of several threads gets a block where columns allow, and no column is lost. */
  @Test
  void fewBlocksAreCutForMoreThreads() {
    for (GemmTile tile : Tiles.all().stream().filter(GemmTile::addsBlocks).toList()) {
      int unit = tile.vectors() * 2 * Simd.LANES;
      Blocking blocking = new Blocking(tile, 32, 12 * unit, 64);
      for (int threads = 1; threads <= 8; threads++) {
        for (int m : new int[] {1, 31, 128, 1000}) {
          for (int n : new int[] {1, unit, 5 * unit + 1, 40 * unit}) {
            int columns = blocking.columns(m, n, threads);
            int blocks = blocking.columnBlocks(n, columns);
            assertEquals(n, blocking.firstColumn(n, columns, blocks));
            assertEquals(0, columns % (2 * Simd.LANES));
            assertTrue(threads > 1 ? columns <= blocking.nc() : columns == blocking.nc());
            boolean enough = blocks * blocking.rowBlocks(m) >= threads;
            assertTrue(enough || columns <= unit, tile.name() + ": " + columns);
          }
        }
      }
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
      assertEquals(1, new Blocking(tile, Blocking.ANY, NC, 1).rowBlocks(GemmPlan.MOST_SKINNY_ROWS));
    }
  }
}
