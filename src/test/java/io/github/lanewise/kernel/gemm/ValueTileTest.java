package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.testing.RawFloats.get;
import static io.github.lanewise.testing.RawFloats.random;
import static io.github.lanewise.testing.RawFloats.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Values of attention: every height and width of a tile, and nothing beside it. */
class ValueTileTest {
  /** What no kernel may touch. */
  private static final float GUARD = 12345f;

  private final SplittableRandom random = new SplittableRandom(11);

  @Test
  void cutsAreOfEqualHeightUpToARow() {
    for (ValueTile tile : new ValueTile[] {Tiles.VALUES, Tiles.LINEAR_VALUES}) {
      for (int count = LANES; count <= 8 * LANES; count += LANES) {
        int[] cuts = tile.cuts(count);
        assertEquals(0, cuts[0]);
        assertEquals(count, cuts[cuts.length - 1]);
        assertEquals((count + tile.rows() - 1) / tile.rows(), cuts.length - 1);
        int least = count / (cuts.length - 1);
        for (int t = 1; t < cuts.length; t++) {
          int height = cuts[t] - cuts[t - 1];
          assertTrue(height == least || height == least + 1, height + " of " + count);
        }
      }
    }
  }

  @Test
  void everyHeightAndWidth() {
    for (int columns : new int[] {Tiles.WIDE.columns(), Tiles.NARROW.columns()}) {
      for (int m : heights(Tiles.VALUES.cuts(columns))) {
        for (int count = 1; count <= Tiles.VALUES.vectors(); count++) {
          for (int k : new int[] {0, 1, 2, 7, 128, 192}) {
            for (int strips = 1; strips <= (Tiles.VALUES.repeats() ? 3 : 1); strips++) {
              assertTile(m, count, strips, k, columns, false);
              assertTile(m, count, strips, k, columns, true);
            }
          }
        }
      }
    }
  }

  private static Set<Integer> heights(int[] cuts) {
    Set<Integer> heights = new TreeSet<>();
    IntStream.range(1, cuts.length).forEach(t -> heights.add(cuts[t] - cuts[t - 1]));
    return heights;
  }

  /** Within n·eps of Σ|a·b|, which any order of summation keeps, in the columns of the tile. */
  private void assertTile(int m, int count, int strips, int k, int columns, boolean sum) {
    try (Arena arena = Arena.ofConfined()) {
      int stripWidth = count * LANES;
      int strip = k * stripWidth + LANES;
      int width = strips * stripWidth;
      int row = width + LANES;
      long a = random(arena, random, k * columns);
      long b = random(arena, random, strips * strip);
      long c = random(arena, random, (m + 2) * row);
      float[] before = new float[(m + 2) * row];
      for (int i = 0; i < before.length; i++) {
        if (i / row == 0 || i / row == m + 1 || i % row >= width) {
          set(c, i, GUARD);
        }
        before[i] = get(c, i);
      }
      long first = c + (long) row * Float.BYTES;
      long lda = (long) columns * Float.BYTES;
      long step = (long) strip * Float.BYTES;
      long ldc = (long) row * Float.BYTES;
      Tiles.VALUES.compute(m, count, strips, a, lda, b, step, k, sum, first, ldc);
      for (int i = 0; i < before.length; i++) {
        int r = i / row - 1;
        int column = i % row;
        if (r < 0 || r == m || column >= width) {
          assertEquals(GUARD, get(c, i), "beside the tile");
          continue;
        }
        double expected = sum ? before[i] : 0;
        double size = Math.abs(expected);
        for (int p = 0; p < k; p++) {
          double product =
              (double) get(a, p * columns + r)
                  * get(b, column / stripWidth * strip + p * stripWidth + column % stripWidth);
          expected += product;
          size += Math.abs(product);
        }
        String what =
            "%dx%d, %d strips, k %d, row %d, column %d".formatted(m, count, strips, k, r, column);
        assertEquals(expected, get(c, i), (k + 1) * size * 0x1p-24, what);
      }
    }
  }
}
