package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.gemm.GemmReference;
import io.github.lanewise.kernel.gemm.GemmTile;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import io.github.lanewise.tuning.Tuning;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GemmTest {
  private static final GemmTile TILE = GemmPlans.of(Tuning.defaults()).matrix().tile();
  private static final int MR = TILE.rows();
  private static final int NR = TILE.vectors() * PackedPanels.columns();
  private static final int KC = GemmPlans.of(Tuning.defaults()).matrix().kc();

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Around the tile in every dimension, around a block of k and of rows, and a few odd shapes. */
  static Stream<Arguments> shapes() {
    int[] ms = {0, 1, 2, MR - 1, MR, MR + 1, 7, 2 * MR, 2 * MR + 1, 15, 16, 17, 96, 97, 193};
    int[] ns = {1, 2, 5, 8, 13, 16, NR - 1, NR, NR + 1, 2 * NR, 2 * NR + 1, 257};
    int[] ks = {1, 3, 4, 5, 8, 9, 17, KC - 1, KC, KC + 1, 2 * KC + 3};
    Stream<Arguments> aroundM =
        IntStream.of(ms)
            .boxed()
            .flatMap(m -> Stream.of(Arguments.of(m, NR + 1, 9), Arguments.of(m, 300, KC + 1)));
    Stream<Arguments> aroundN = IntStream.of(ns).mapToObj(n -> Arguments.of(MR + 1, n, 13));
    Stream<Arguments> aroundK =
        IntStream.of(ks)
            .boxed()
            .flatMap(k -> Stream.of(Arguments.of(MR + 2, NR + 3, k), Arguments.of(1, 7, k)));
    // Few rows cut k only where a tile would take more than 2^16 steps.
    Stream<Arguments> others =
        Stream.of(Arguments.of(207, 702, 300), Arguments.of(2, 9, (1 << 16) + 3));
    return Stream.of(aroundM, aroundN, aroundK, others).flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void productIsWithinTheBoundOfItsSums(int m, int n, int k) {
    GuardedMatrix a = GuardedMatrix.random(1, m, k);
    GuardedMatrix w = GuardedMatrix.random(2, n, k);
    GuardedMatrix c = GuardedMatrix.poisoned(m, n);
    Gemm.prepare(runtime, PackedWeights.pack(Arena.ofAuto(), w.matrix()))
        .run(a.matrix(), c.matrix());
    GuardedMatrix plain = GuardedMatrix.poisoned(m, n);
    MatMul.prepare(runtime).run(a.matrix(), w.matrix(), plain.matrix());

    double[][] expected = GemmReference.multiply(a.matrix(), w.matrix());
    double[][] magnitudes = GemmReference.multiplyMagnitudes(a.matrix(), w.matrix());
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        // k fused multiply-adds round k times.
        double bound = Bounds.gamma(k) * magnitudes[i][j];
        Bounds.assertClose(expected[i][j], c.matrix().get(i, j), bound, "(" + i + ", " + j + ")");
      }
    }
    Bounds.assertSameBits(c.matrix(), plain.matrix());
    c.assertBordersIntact();
    plain.assertBordersIntact();
  }

  @Test
  void smallIntegersMultiplyExactly() {
    Matrix a = Seeds.matrix(3, 37, 500);
    Matrix w = Seeds.matrix(4, 71, 500);
    for (Matrix x : new Matrix[] {a, w}) {
      for (int r = 0; r < x.rows(); r++) {
        for (int c = 0; c < x.columns(); c++) {
          x.set(r, c, Math.round(x.get(r, c) * 8));
        }
      }
    }
    Matrix c = GuardedMatrix.poisoned(37, 71).matrix();
    Gemm.prepare(runtime, PackedWeights.pack(Arena.ofAuto(), w)).run(a, c);
    double[][] expected = GemmReference.multiply(a, w);
    for (int i = 0; i < 37; i++) {
      for (int j = 0; j < 71; j++) {
        assertEquals(expected[i][j], c.get(i, j));
      }
    }
  }

  @Test
  void emptySumsAreZero() {
    Matrix c = GuardedMatrix.poisoned(5, 7).matrix();
    MatMul.prepare(runtime)
        .run(Matrix.allocate(Arena.ofAuto(), 5, 0), Matrix.allocate(Arena.ofAuto(), 7, 0), c);
    for (float x : c.toArray()) {
      assertEquals(0f, x);
    }
  }

  @Test
  void biasAndResidualAreAddedOnce() {
    int m = 100;
    int n = 131;
    int k = 300;
    Matrix a = Seeds.matrix(5, m, k);
    Matrix w = Seeds.matrix(6, n, k);
    Matrix bias = Seeds.matrix(7, 1, n);
    GuardedMatrix x = GuardedMatrix.random(8, m, n);
    Matrix before = Matrix.copyOf(Arena.ofAuto(), m, n, x.matrix().toArray());
    Gemm.prepare(
            runtime, PackedWeights.pack(Arena.ofAuto(), w), Epilogue.none().bias(bias).residual())
        .run(a, x.matrix(), x.matrix());
    double[][] expected = GemmReference.multiply(a, w);
    double[][] magnitudes = GemmReference.multiplyMagnitudes(a, w);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = expected[i][j] + bias.get(0, j) + before.get(i, j);
        double magnitude = magnitudes[i][j] + Math.abs(bias.get(0, j)) + Math.abs(before.get(i, j));
        Bounds.assertClose(
            sum, x.matrix().get(i, j), Bounds.gamma(k + 2) * magnitude, "(" + i + ", " + j + ")");
      }
    }
    x.assertBordersIntact();
  }

  @Test
  void bitsDoNotDependOnThreadsOrBatch() {
    int n = 2 * NR + 9;
    int k = 2 * KC + 5;
    Matrix a = Seeds.matrix(9, 201, k);
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), Seeds.matrix(10, n, k));
    Matrix expected = Matrix.allocate(Arena.ofAuto(), 201, n);
    Gemm.prepare(runtime, weights).run(a, expected);
    for (int threads : new int[] {1, 2, 5}) {
      try (Lanewise other = Lanewise.create(threads)) {
        Gemm gemm = Gemm.prepare(other, weights);
        Matrix c = Matrix.allocate(Arena.ofAuto(), 201, n);
        gemm.run(a, c);
        Bounds.assertSameBits(expected, c);
        for (int row : new int[] {0, 1, 77, 200}) {
          Matrix alone = Matrix.allocate(Arena.ofAuto(), 1, n);
          gemm.run(a.rowRange(row, 1), alone);
          Bounds.assertSameBits(expected.rowRange(row, 1), alone);
        }
      }
    }
  }

  /** Weights beyond 4 MiB are read by fewer blocks of rows. */
  @Test
  void bitsDoNotDependOnHowLargeWeightsAreCut() {
    Matrix a = Seeds.matrix(14, 100, 1024);
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), Seeds.matrix(15, 1030, 1024));
    Matrix expected = Matrix.allocate(Arena.ofAuto(), 100, 1030);
    Matrix c = Matrix.allocate(Arena.ofAuto(), 100, 1030);
    try (Lanewise alone = Lanewise.create(1)) {
      Gemm.prepare(alone, weights).run(a, expected);
    }
    Gemm.prepare(runtime, weights).run(a, c);
    Bounds.assertSameBits(expected, c);
  }

  @Test
  void weightsAreReadBackExactly() {
    Matrix w = Seeds.matrix(11, NR + 3, 50);
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), w);
    Matrix back = GuardedMatrix.poisoned(NR + 3, 50).matrix();
    for (int row = 0; row < w.rows(); row++) {
      weights.getRow(row, back, row);
    }
    Bounds.assertSameBits(w, back);
  }

  @Test
  void aRunAllocatesNothing() {
    Matrix a = Seeds.matrix(12, 70, 64);
    Matrix w = Seeds.matrix(13, 130, 64);
    Matrix c = Matrix.allocate(Arena.ofAuto(), 70, 130);
    Gemm gemm = Gemm.prepare(runtime, PackedWeights.pack(Arena.ofAuto(), w));
    assertEquals(0, Allocation.ofCompiled(() -> gemm.run(a, c)));
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    Matrix a = Seeds.matrix(14, 4, 8);
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), Seeds.matrix(15, 6, 8));
    Gemm gemm = Gemm.prepare(runtime, weights);
    GuardedMatrix c = GuardedMatrix.poisoned(4, 6);
    assertNames("a", () -> gemm.run(a.columnRange(0, 7), c.matrix()));
    assertNames("c", () -> gemm.run(a.rowRange(0, 3), c.matrix()));
    assertNames("residual", () -> gemm.run(a, c.matrix(), c.matrix()));
    assertNames("c", () -> gemm.run(a, Matrix.of(c.matrix().segment().asReadOnly(), 0, 4, 6, 6)));
    assertNames(
        "a",
        () -> gemm.run(Matrix.of(MemorySegment.ofArray(new float[32]), 0, 4, 8, 8), c.matrix()));
    assertNames(
        "a", () -> gemm.run(Matrix.of(Arena.ofAuto().allocate(200), 2, 4, 8, 8), c.matrix()));
    assertNames("a", () -> gemm.run(Matrix.of(c.matrix().segment(), 0, 4, 8, 8), c.matrix()));
    assertNames(
        "bias", () -> Gemm.prepare(runtime, weights, Epilogue.none().bias(Seeds.matrix(1, 1, 5))));
    Arena closed = Arena.ofShared();
    Matrix gone = Matrix.allocate(closed, 4, 8);
    closed.close();
    assertThrows(IllegalStateException.class, () -> gemm.run(gone, c.matrix()));
    for (float x : c.matrix().toArray()) {
      assertTrue(Float.isNaN(x));
    }
    assertThrows(
        IllegalArgumentException.class, () -> Matrix.of(Arena.ofAuto().allocate(100), 0, 4, 8, 8));
    assertThrows(
        IllegalArgumentException.class, () -> PackedWeights.allocate(Arena.ofAuto(), 0, 4));
  }

  @Test
  void aClosedRuntimeRefuses() {
    Lanewise closed = Lanewise.create(2);
    Gemm gemm = Gemm.prepare(closed, PackedWeights.pack(Arena.ofAuto(), Seeds.matrix(15, 6, 8)));
    closed.close();
    closed.close();
    assertThrows(
        IllegalStateException.class,
        () -> gemm.run(Seeds.matrix(14, 4, 8), Matrix.allocate(Arena.ofAuto(), 4, 6)));
  }
}
