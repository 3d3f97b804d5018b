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
