package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.kernel.gemm.GemmReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products with weights in 16 bits: exact conversion, sums in f32. */
class StorageTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Around the tiles and panels in every dimension: converted inside a tile, and before. */
  @ParameterizedTest
  @EnumSource(Storage.class)
  void productIsWithinTheBoundOfItsSums(Storage storage) {
    for (int m : new int[] {1, 2, 4, 5, 17, 97}) {
      for (int n : new int[] {1, 8, 15, 16, 17, 31, 32, 33, 65, 200}) {
        for (int k : new int[] {1, 2, 255, 256, 257}) {
          checkProduct(storage, m, n, k);
        }
      }
    }
  }

  /** Few rows and many columns: packed rows against weights in 16 bits, full tiles and parts. */
  @ParameterizedTest
  @EnumSource(Storage.class)
  void productOfFewRowsIsWithinTheBoundOfItsSums(Storage storage) {
    for (int m = 2; m <= 16; m++) {
      for (int n : new int[] {257, 300}) {
        for (int k : new int[] {3, 257}) {
          checkProduct(storage, m, n, k);
        }
      }
    }
  }

  private static void checkProduct(Storage storage, int m, int n, int k) {
    GuardedMatrix a = GuardedMatrix.random(1, m, k);
    PackedWeights weights =
        PackedWeights.pack(Arena.ofAuto(), storage, GuardedMatrix.random(2, n, k).matrix());
    Matrix w = readBack(weights);
    GuardedMatrix c = GuardedMatrix.poisoned(m, n);
    Gemm.prepare(runtime, weights).run(a.matrix(), c.matrix());
    double[][] expected = GemmReference.multiply(a.matrix(), w);
    double[][] magnitudes = GemmReference.multiplyMagnitudes(a.matrix(), w);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        String place = m + "x" + n + "x" + k + " (" + i + ", " + j + ")";
        double bound = Bounds.gamma(k) * magnitudes[i][j];
        Bounds.assertClose(expected[i][j], c.matrix().get(i, j), bound, place);
      }
    }
    c.assertBordersIntact();
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void bitsDoNotDependOnThreadsOrBatch(Storage storage) {
    Matrix a = Seeds.matrix(3, 130, 300);
    for (int n : new int[] {210, 257, 300}) {
      PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), storage, Seeds.matrix(4, n, 300));
      Matrix expected = Matrix.allocate(Arena.ofAuto(), 130, n);
      Gemm.prepare(runtime, weights).run(a, expected);
      try (Lanewise other = Lanewise.create(5)) {
        Gemm gemm = Gemm.prepare(other, weights);
        for (int rows : new int[] {1, 2, 3, 6, 8, 9, 15, 16, 17, 130}) {
          Matrix c = Matrix.allocate(Arena.ofAuto(), rows, n);
          gemm.run(a.rowRange(0, rows), c);
          Bounds.assertSameBits(expected.rowRange(0, rows), c);
        }
      }
    }
  }

  /** All 65,536 patterns, less the infinities and NaNs that F16 refuses. */
  @ParameterizedTest
  @EnumSource(
      value = Storage.class,
      names = {"BF16", "F16"})
  void everyPatternIsConvertedExactly(Storage storage) {
    Matrix w = Matrix.allocate(Arena.ofAuto(), 1 << 16, 1);
    for (int bits = 0; bits < 1 << 16; bits++) {
      float x =
          storage == Storage.BF16
              ? Float.intBitsToFloat(bits << 16)
              : Float.float16ToFloat((short) bits);
      w.set(bits, 0, storage == Storage.F16 && !Float.isFinite(x) ? 0 : x);
    }
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), storage, w);
    Matrix ones = Matrix.allocate(Arena.ofAuto(), 9, 1);
    ones.fill(1);
    Matrix back = readBack(weights);
    for (int rows : new int[] {1, 3, 9}) {
      Matrix c = Matrix.allocate(Arena.ofAuto(), rows, 1 << 16);
      Gemm.prepare(runtime, weights).run(ones.rowRange(0, rows), c);
      for (int bits = 0; bits < 1 << 16; bits++) {
        // The sum starts at +0, so a weight of -0 gives +0.
        assertEquals(w.get(bits, 0) + 0f, c.get(rows - 1, bits));
        assertEquals(w.get(bits, 0), back.get(bits, 0));
      }
    }
  }

  @Test
  void roundsToNearestEven() {
    assertEquals(1f, stored(Storage.BF16, 1 + 0x1p-8f));
    assertEquals(1 + 0x1p-6f, stored(Storage.BF16, 1 + 3 * 0x1p-8f));
    assertEquals(1 + 0x1p-7f, stored(Storage.BF16, 1 + 0x1.8p-8f));
    assertEquals(Float.POSITIVE_INFINITY, stored(Storage.BF16, Float.MAX_VALUE));
    assertEquals(Float.NaN, stored(Storage.BF16, Float.intBitsToFloat(0x7f800001)));
    assertEquals(1f, stored(Storage.F16, 1 + 0x1p-11f));
    assertEquals(65504f, stored(Storage.F16, 65519f));
  }

  private static float stored(Storage storage, float x) {
    Matrix w = Matrix.copyOf(Arena.ofAuto(), 1, 1, new float[] {x});
    return readBack(PackedWeights.pack(Arena.ofAuto(), storage, w)).get(0, 0);
  }

  @Test
  void refusesWhatF16CannotHold() {
    for (float x : new float[] {65520f, Float.NEGATIVE_INFINITY, Float.NaN}) {
      Matrix w = Matrix.copyOf(Arena.ofAuto(), 1, 2, new float[] {1, x});
      assertNames("source (0, 1)", () -> PackedWeights.pack(Arena.ofAuto(), Storage.F16, w));
    }
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void aRunAllocatesNothing(Storage storage) {
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), storage, Seeds.matrix(5, 70, 64));
    Gemm gemm = Gemm.prepare(runtime, weights);
    Matrix a = Seeds.matrix(6, 20, 64);
    Matrix c = Matrix.allocate(Arena.ofAuto(), 20, 70);
    assertEquals(0, Allocation.ofCompiled(() -> gemm.run(a, c)));
  }

  private static Matrix readBack(PackedWeights weights) {
    Matrix w = Matrix.allocate(Arena.ofAuto(), weights.outFeatures(), weights.inFeatures());
    for (int row = 0; row < w.rows(); row++) {
      weights.getRow(row, w, row);
    }
    return w;
  }
}
