package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.gemm.GemmReference;
import io.github.lanewise.kernel.gemm.GemmTile;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.kernel.gemm.PanelProduct;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import io.github.lanewise.tuning.Tuning;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MatMulTest {
  private static final int LANES = PackedPanels.columns();
  private static final GemmTile TILE = GemmPlans.of(Tuning.defaults()).matrix().tile();
  private static final int MR = TILE.rows();
  private static final int NR = TILE.vectors() * LANES;
  private static final int KC = PanelProduct.K_BLOCK;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  record Shape(int m, int n, int k) {}

  /** Around vectors, tiles and blocks in each dimension, and none at all. */
  static Stream<Shape> shapes() {
    Stream<Shape> edges =
        Stream.of(
            new Shape(0, 5, 7),
            new Shape(5, 0, 7),
            new Shape(5, 7, 0),
            new Shape(1, 1, 1),
            new Shape(1, NR + 1, KC + 3),
            new Shape(2, 5 * NR + 3, 40),
            new Shape(MR + 1, 2 * NR, KC),
            new Shape(97, NR - 1, LANES + 1),
            new Shape(203, 301, 77));
    Stream<Shape> aroundVectors =
        Stream.of(2, 3, 8, LANES - 1, LANES, LANES + 1, 2 * LANES + 1)
            .flatMap(
                size ->
                    Stream.of(
                        new Shape(size, NR + 3, 21),
                        new Shape(MR + 2, size, 21),
                        new Shape(MR + 2, NR + 3, size)));
    return Stream.concat(edges, aroundVectors);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyFormHasTheBitsOfGemm(Shape shape) {
    Matrix a = Seeds.matrix(1, shape.m, shape.k);
    Matrix b = Seeds.matrix(2, shape.n, shape.k);
    Matrix expected = Seeds.matrix(3, shape.m, shape.n);
    Matrix scaled = Seeds.matrix(3, shape.m, shape.n);
    if (shape.n > 0 && shape.k > 0) {
      PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), b);
      Gemm.prepare(runtime, weights).run(a, expected);
      Gemm.prepare(runtime, weights, Epilogue.none().scale(0.3f).residual(-1.7f))
          .run(a, scaled, scaled);
    } else {
      expected.fill(0);
      scale(scaled, -1.7f);
    }
    for (MatMul.Form form : MatMul.Form.values()) {
      MatMul.Spec spec = MatMul.Spec.of(form);
      GuardedMatrix guardedA = guarded(a, form.aByK);
      GuardedMatrix guardedB = guarded(b, form.bByK);
      GuardedMatrix c = GuardedMatrix.poisoned(shape.m, shape.n);
      MatMul.prepare(runtime, spec).run(guardedA.matrix(), guardedB.matrix(), c.matrix());
      Bounds.assertSameBits(expected, c.matrix());
      c.assertBordersIntact();

      GuardedMatrix sum = GuardedMatrix.random(3, shape.m, shape.n);
      MatMul.prepare(runtime, spec.alpha(0.3f).beta(-1.7f))
          .run(guardedA.matrix(), guardedB.matrix(), sum.matrix());
      Bounds.assertSameBits(scaled, sum.matrix());
      sum.assertBordersIntact();
      guardedA.assertBordersIntact();
      guardedB.assertBordersIntact();
    }
  }

  @ParameterizedTest
  @EnumSource(MatMul.Form.class)
  void sumsAreWithinTheBoundOfTheirRoundings(MatMul.Form form) {
    int m = 101;
    int n = 2 * NR + 5;
    int k = KC + 37;
    Matrix a = Seeds.matrix(4, m, k);
    Matrix b = Seeds.matrix(5, n, k);
    float[][] factors = {{1, 0}, {1, 1}, {0.7f, 0}, {-2.3f, 1}, {0.7f, -0.2f}, {0, 0.9f}, {0, 0}};
    double[][] product = GemmReference.multiply(a, b);
    double[][] magnitudes = GemmReference.multiplyMagnitudes(a, b);
    for (float[] factor : factors) {
      GuardedMatrix c = GuardedMatrix.random(6, m, n);
      MatMul.Spec spec = new MatMul.Spec(form, factor[0], factor[1]);
      MatMul.prepare(runtime, spec)
          .run(guarded(a, form.aByK).matrix(), guarded(b, form.bByK).matrix(), c.matrix());
      Matrix before = Seeds.matrix(6, m, n);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double old = (double) factor[1] * before.get(i, j);
          double expected = factor[0] * product[i][j] + old;
          // k of the sum, one of alpha, one of the addition of beta·c.
          double bound =
              Bounds.gamma(k + 2) * (Math.abs(factor[0]) * magnitudes[i][j] + Math.abs(old));
          Bounds.assertClose(
              expected, c.matrix().get(i, j), bound, spec + " (" + i + ", " + j + ")");
        }
      }
      c.assertBordersIntact();
    }
  }

  @Test
  void whatIsNotNeededIsNotRead() {
    Matrix poison = GuardedMatrix.poisoned(20, 20).matrix();
    for (MatMul.Form form : MatMul.Form.values()) {
      Matrix c = Seeds.matrix(7, 20, 20);
      MatMul.prepare(runtime, new MatMul.Spec(form, 0, 2)).run(poison, poison, c);
      Matrix doubled = Seeds.matrix(7, 20, 20);
      scale(doubled, 2);
      Bounds.assertSameBits(doubled, c);
      MatMul.prepare(runtime, new MatMul.Spec(form, 0, 0)).run(poison, poison, c);
      for (float x : c.toArray()) {
        assertEquals(0f, x);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(MatMul.Form.class)
  void bitsDoNotDependOnThreads(MatMul.Form form) {
    int m = 1040;
    int n = 3 * NR + 9;
    int k = KC + 5;
    Matrix a = form.aByK ? Seeds.matrix(8, k, m) : Seeds.matrix(8, m, k);
    Matrix b = form.bByK ? Seeds.matrix(9, k, n) : Seeds.matrix(9, n, k);
    Matrix expected = Matrix.allocate(Arena.ofAuto(), m, n);
    MatMul.Spec spec = MatMul.Spec.of(form).alpha(1.1f);
    MatMul.prepare(runtime, spec).run(a, b, expected);
    for (int threads : new int[] {1, 5}) {
      try (Lanewise other = Lanewise.create(threads)) {
        GuardedMatrix c = GuardedMatrix.poisoned(m, n);
        MatMul.prepare(other, spec).run(a, b, c.matrix());
        Bounds.assertSameBits(expected, c.matrix());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(MatMul.Form.class)
  void aRunAllocatesNothing(MatMul.Form form) {
    Matrix a = Seeds.matrix(10, 40, 40);
    Matrix b = Seeds.matrix(11, 40, 40);
    Matrix c = Matrix.allocate(Arena.ofAuto(), 40, 40);
    MatMul matMul = MatMul.prepare(runtime, MatMul.Spec.of(form).alpha(0.5f).accumulate());
    assertEquals(0, Allocation.ofCompiled(() -> matMul.run(a, b, c)));
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    Matrix threeByEight = Seeds.matrix(12, 3, 8);
    Matrix fiveByEight = Seeds.matrix(13, 5, 8);
    Matrix eightByThree = Seeds.matrix(14, 8, 3);
    Matrix eightByFive = Seeds.matrix(15, 8, 5);
    GuardedMatrix guarded = GuardedMatrix.poisoned(3, 5);
    Matrix c = guarded.matrix();
    MatMul abt = MatMul.prepare(runtime);
    assertNames("b has 3 columns", () -> abt.run(threeByEight, eightByThree, c));
    assertNames("c has 3 rows", () -> abt.run(fiveByEight, fiveByEight, c));
    assertNames("c has 5 columns", () -> abt.run(threeByEight, threeByEight, c));
    assertNames("a overlaps c", () -> abt.run(c, Seeds.matrix(16, 5, 5), c));
    MatMul ab = MatMul.prepare(runtime, MatMul.Spec.of(MatMul.Form.A_B));
    assertNames("b has 5 rows", () -> ab.run(threeByEight, fiveByEight, c));
    MatMul atb = MatMul.prepare(runtime, MatMul.Spec.of(MatMul.Form.AT_B));
    assertNames("b has 5 rows", () -> atb.run(eightByThree, fiveByEight, c));
    assertNames("c has 3 rows", () -> atb.run(eightByFive, eightByFive, c));
    MatMul atbt = MatMul.prepare(runtime, MatMul.Spec.of(MatMul.Form.AT_BT));
    assertNames("b has 5 columns", () -> atbt.run(eightByThree, eightByFive, c));
    for (float x : c.toArray()) {
      assertTrue(Float.isNaN(x));
    }
    Lanewise closed = Lanewise.create(1);
    MatMul late = MatMul.prepare(closed);
    closed.close();
    assertThrows(IllegalStateException.class, () -> late.run(threeByEight, fiveByEight, c));
  }

  @Test
  void transposedWeightsArePackedLikeTheOthers() {
    for (int n : new int[] {1, LANES - 1, LANES, 3 * LANES + 2}) {
      for (int k : new int[] {1, LANES, 2 * LANES + 5}) {
        Matrix w = Seeds.matrix(17, n, k);
        PackedWeights weights =
            PackedWeights.packTransposed(Arena.ofAuto(), guarded(w, true).matrix());
        Matrix back = Matrix.allocate(Arena.ofAuto(), n, k);
        for (int row = 0; row < n; row++) {
          weights.getRow(row, back, row);
        }
        Bounds.assertSameBits(w, back);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void transposedWeightsAreRoundedLikeTheOthers(Storage storage) {
    Matrix w = Seeds.matrix(19, 5 * LANES + 3, LANES + 5);
    PackedWeights expected = PackedWeights.pack(Arena.ofAuto(), storage, w);
    PackedWeights actual =
        PackedWeights.packTransposed(Arena.ofAuto(), storage, guarded(w, true).matrix());
    Matrix row = Matrix.allocate(Arena.ofAuto(), 1, w.columns());
    Matrix same = Matrix.allocate(Arena.ofAuto(), 1, w.columns());
    for (int i = 0; i < w.rows(); i++) {
      expected.getRow(i, row, 0);
      actual.getRow(i, same, 0);
      Bounds.assertSameBits(row, same);
    }
  }

  @Test
  void rowsOfWeightsAreSetFromAnyOneToAnyOther() {
    int n = 4 * LANES + 3;
    int k = LANES + 3;
    Matrix source = Seeds.matrix(18, n, k);
    for (int first : new int[] {0, 1, LANES - 1, LANES, n - 1, n}) {
      for (int end : new int[] {first, first + 1, 2 * LANES, 3 * LANES + 1, n}) {
        if (end < first || end > n) {
          continue;
        }
        PackedWeights weights = PackedWeights.allocate(Arena.ofAuto(), n, k);
        weights.setRows(first, source.rowRange(first, end - first));
        assertHolds(source, first, end, weights);
        for (Storage storage : Storage.values()) {
          assertSetFromTheHeap(source.rowRange(first, end - first), first, n, storage);
        }
      }
    }
    PackedWeights weights = PackedWeights.allocate(Arena.ofAuto(), n, k);
    assertNames("row is 1", () -> weights.setRows(1, source));
    assertNames("row is -1", () -> weights.setRows(-1, source.rowRange(0, 2)));
    float[] values = new float[2 * k];
    assertNames("row is -1", () -> weights.setRows(-1, 2, values));
    assertNames("row is " + (n - 1), () -> weights.setColumns(n - 1, 2, values));
    assertNames("values has length", () -> weights.setRows(0, 3, values));
  }

  private static void assertHolds(Matrix source, int first, int end, PackedWeights weights) {
    Matrix back = Matrix.allocate(Arena.ofAuto(), 1, source.columns());
    for (int row = 0; row < weights.outFeatures(); row++) {
      weights.getRow(row, back, 0);
      Matrix expected =
          row >= first && row < end
              ? source.rowRange(row, 1)
              : Matrix.allocate(Arena.ofAuto(), 1, source.columns());
      Bounds.assertSameBits(expected, back);
    }
  }

  /** Rows or columns of an array, or of a matrix, give the same weights as rows of a matrix. */
  private static void assertSetFromTheHeap(Matrix rows, int first, int n, Storage storage) {
    int k = rows.columns();
    PackedWeights[] weights = new PackedWeights[4];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = PackedWeights.allocate(Arena.ofAuto(), storage, n, k);
    }
    float[] turned = new float[k * rows.rows() + 1];
    for (int r = 0; r < rows.rows(); r++) {
      for (int c = 0; c < k; c++) {
        turned[c * rows.rows() + r] = rows.get(r, c);
      }
    }
    weights[0].setRows(first, rows);
    weights[1].setRows(first, rows.rows(), Arrays.copyOf(rows.toArray(), turned.length));
    weights[2].setColumns(first, rows.rows(), turned);
    Matrix columns =
        Matrix.copyOf(Arena.ofAuto(), k, rows.rows(), Arrays.copyOf(turned, turned.length - 1));
    weights[3].setColumns(first, columns);
    Matrix expected = Matrix.allocate(Arena.ofAuto(), 1, k);
    Matrix actual = Matrix.allocate(Arena.ofAuto(), 1, k);
    for (int row = 0; row < n; row++) {
      weights[0].getRow(row, expected, 0);
      for (int i = 1; i < weights.length; i++) {
        weights[i].getRow(row, actual, 0);
        Bounds.assertSameBits(expected, actual);
      }
    }
  }

  /** A copy between canaries, transposed or not. */
  static GuardedMatrix guarded(Matrix x, boolean transposed) {
    int rows = transposed ? x.columns() : x.rows();
    int columns = transposed ? x.rows() : x.columns();
    GuardedMatrix copy = GuardedMatrix.poisoned(rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        copy.matrix().set(r, c, transposed ? x.get(c, r) : x.get(r, c));
      }
    }
    return copy;
  }

  private static void scale(Matrix x, float factor) {
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < x.columns(); c++) {
        x.set(r, c, factor * x.get(r, c));
      }
    }
  }
}
