package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.testing.RawFloats.get;
import static io.github.lanewise.testing.RawFloats.random;
import static io.github.lanewise.testing.RawFloats.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of packed rows to the bit: any range of them, around the edges of tiles and panels. */
class MicrokernelTest {
  private static final Microkernel TILE = Tiles.WIDE;
  private static final int COLUMNS = TILE.columns();
  private static final int ROW = COLUMNS * Float.BYTES;

  /** What no kernel may touch. */
  private static final float GUARD = 12345f;

  private final SplittableRandom random = new SplittableRandom(7);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 23, 24, 25, 46, 127, 128, 191, 192})
  void everyRangeOfPackedRows(int rows) {
    assumeTrue(TILE.packs(), "with 32 registers rows are read where they lie");
    try (Arena arena = Arena.ofConfined()) {
      for (int k : new int[] {1, 2, 7, 16, 59, 64}) {
        long lda = (k + 3L) * Float.BYTES;
        long a = random(arena, random, rows * (k + 3));
        long b = random(arena, random, k * COLUMNS);
        long packed = arena.allocate(TILE.packedBytes(rows, k), 64).address();
        TILE.pack(rows, k, a, lda, packed);
        for (int first : new int[] {0, 1, 5, 6, 7, 11, 12, 13, rows - 1}) {
          if (first < rows) {
            assertRange(arena, rows, first, Math.min(rows - first, 20), k, a, lda, b, packed);
            assertRange(arena, rows, first, rows - first, k, a, lda, b, packed);
          }
        }
      }
    }
  }

  private static void assertRange(
      Arena arena, int rows, int first, int m, int k, long a, long lda, long b, long packed) {
    int margin = TILE.margin();
    int all = m + 2 * margin + 2;
    long c = arena.allocate((long) all * ROW, 64).address();
    for (int i = 0; i < all * COLUMNS; i++) {
      set(c, i, GUARD);
    }
    long start = c + (margin + 1L) * ROW;
    TILE.packed(first, m, packed, b, k, start);
    for (int column = 0; column < COLUMNS; column++) {
      assertEquals(GUARD, get(c, column), "before the margin");
      assertEquals(GUARD, get(c, (all - 1) * COLUMNS + column), "behind the margin");
      for (int r = 0; r < m; r++) {
        float sum = 0;
        for (int p = 0; p < k; p++) {
          sum = Math.fma(get(a + (first + r) * lda, p), get(b, p * COLUMNS + column), sum);
        }
        String what = first + " + " + r + " of " + rows + ", k " + k;
        assertEquals(sum, get(start, r * COLUMNS + column), what);
      }
    }
  }
}
