package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BatchedMatMulTest {
  /** Few and many, so small that tasks take several, and so large that several take one. */
  static Stream<Arguments> batches() {
    return Stream.of(
        Arguments.of(1, 5, 7, 9),
        Arguments.of(3, 0, 7, 9),
        Arguments.of(3, 4, 0, 9),
        Arguments.of(3, 4, 5, 0),
        Arguments.of(201, 3, 5, 2),
        Arguments.of(40, 17, 33, 20),
        Arguments.of(7, 130, 210, 19));
  }

  @ParameterizedTest
  @MethodSource("batches")
  void everyItemHasTheBitsOfMatMul(int batch, int m, int n, int k) {
    for (MatMul.Form form : MatMul.Form.values()) {
      for (int threads : new int[] {1, 2, 5}) {
        try (Lanewise runtime = Lanewise.create(threads)) {
          for (float beta : new float[] {0, 0.6f}) {
            MatMul.Spec spec = MatMul.Spec.of(form).alpha(1.3f).beta(beta);
            stacks(runtime, spec, batch, m, n, k, false);
            stacks(runtime, spec, batch, m, n, k, true);
            views(runtime, spec, batch, m, n, k);
          }
        }
      }
    }
  }

  private static void stacks(
      Lanewise runtime, MatMul.Spec spec, int batch, int m, int n, int k, boolean shared) {
    int rowsOfA = spec.form().aByK ? k : m;
    int rowsOfB = spec.form().bByK ? k : n;
    int gap = 2;
    MatrixStack a =
        MatrixStack.of(
            Seeds.matrix(1, batch * (rowsOfA + gap), spec.form().aByK ? m : k),
            batch,
            rowsOfA,
            rowsOfA + gap);
    int columnsOfB = spec.form().bByK ? n : k;
    MatrixStack b =
        shared
            ? MatrixStack.repeat(Seeds.matrix(2, rowsOfB, columnsOfB), batch)
            : MatrixStack.of(Seeds.matrix(2, batch * rowsOfB, columnsOfB), batch);
    GuardedMatrix guarded = GuardedMatrix.random(3, batch * (m + gap), n);
    Matrix before = Seeds.matrix(3, batch * (m + gap), n);
    MatrixStack c = MatrixStack.of(guarded.matrix(), batch, m, m + gap);
    BatchedMatMul.prepare(runtime, spec).run(a, b, c);
    MatMul one = MatMul.prepare(runtime, spec);
    for (int i = 0; i < batch; i++) {
      one.run(a.item(i), b.item(i), before.rowRange(i * (m + gap), m));
    }
    // What lies between the items too.
    Bounds.assertSameBits(before, guarded.matrix());
    guarded.assertBordersIntact();
  }

  private static void views(Lanewise runtime, MatMul.Spec spec, int batch, int m, int n, int k) {
    Matrix[] a = new Matrix[batch];
    Matrix[] b = new Matrix[batch];
    Matrix[] c = new Matrix[batch];
    GuardedMatrix[] guarded = new GuardedMatrix[batch];
    for (int i = 0; i < batch; i++) {
      a[i] = spec.form().aByK ? Seeds.matrix(i, k, m) : Seeds.matrix(i, m, k);
      b[i] = spec.form().bByK ? Seeds.matrix(-i, k, n) : Seeds.matrix(-i, n, k);
      guarded[i] = GuardedMatrix.random(i + 7, m, n);
      c[i] = guarded[i].matrix();
    }
    BatchedMatMul.prepare(runtime, spec).run(a, b, c);
    MatMul one = MatMul.prepare(runtime, spec);
    for (int i = 0; i < batch; i++) {
      Matrix expected = Seeds.matrix(i + 7, m, n);
      one.run(a[i], b[i], expected);
      Bounds.assertSameBits(expected, c[i]);
      guarded[i].assertBordersIntact();
    }
  }

  @Test
  void headsOfAPackedMatrixAreViews() {
    int heads = 6;
    int size = 20;
    Matrix packed = Seeds.matrix(4, 30, 3 * heads * size);
    Matrix[] queries = new Matrix[heads];
    Matrix[] keys = new Matrix[heads];
    Matrix[] scores = new Matrix[heads];
    for (int h = 0; h < heads; h++) {
      queries[h] = packed.columnRange(h * size, size);
      keys[h] = packed.columnRange((heads + h) * size, size);
      scores[h] = GuardedMatrix.poisoned(30, 30).matrix();
    }
    try (Lanewise runtime = Lanewise.create(2)) {
      BatchedMatMul.prepare(runtime).run(queries, keys, scores);
      for (int h = 0; h < heads; h++) {
        Matrix expected = Matrix.allocate(Arena.ofAuto(), 30, 30);
        MatMul.prepare(runtime).run(queries[h], keys[h], expected);
        Bounds.assertSameBits(expected, scores[h]);
      }
    }
  }

  @Test
  void aRunAllocatesNothing() {
    try (Lanewise runtime = Lanewise.create(2)) {
      MatrixStack a = MatrixStack.of(Seeds.matrix(5, 80, 16), 10);
      MatrixStack b = MatrixStack.of(Seeds.matrix(6, 90, 16), 10);
      MatrixStack c = MatrixStack.of(Matrix.allocate(Arena.ofAuto(), 80, 9), 10);
      BatchedMatMul product = BatchedMatMul.prepare(runtime);
      assertEquals(0, Allocation.ofCompiled(() -> product.run(a, b, c)));
      Matrix[] as = new Matrix[10];
      Matrix[] bs = new Matrix[10];
      Matrix[] cs = new Matrix[10];
      Arrays.setAll(as, a::item);
      Arrays.setAll(bs, b::item);
      Arrays.setAll(cs, c::item);
      assertEquals(0, Allocation.ofCompiled(() -> product.run(as, bs, cs)));
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    try (Lanewise runtime = Lanewise.create(1)) {
      BatchedMatMul product = BatchedMatMul.prepare(runtime);
      Matrix x = Seeds.matrix(7, 12, 8);
      Matrix out = Matrix.allocate(Arena.ofAuto(), 12, 3);
      MatrixStack a = MatrixStack.of(x, 4);
      MatrixStack c = MatrixStack.of(out, 4);
      assertNames("b has 3 items", () -> product.run(a, MatrixStack.of(x, 3), c));
      assertNames("c has 2 items", () -> product.run(a, a, MatrixStack.of(out, 2)));
      assertNames("c has an item stride", () -> product.run(a, a, MatrixStack.of(out, 4, 3, 1)));
      assertNames("c has 2 rows", () -> product.run(a, a, MatrixStack.of(out, 4, 2, 3)));
      assertNames(
          "b has 7 columns", () -> product.run(a, MatrixStack.of(x.columnRange(0, 7), 4), c));
      Matrix[] views = {x, x};
      Matrix[] uneven = {x, x.rowRange(0, 2)};
      Matrix[] outs = {
        Matrix.allocate(Arena.ofAuto(), 12, 12), Matrix.allocate(Arena.ofAuto(), 12, 12)
      };
      assertNames("b[1] is 2 x 8", () -> product.run(views, uneven, outs));
      assertNames("b has 1 items", () -> product.run(views, new Matrix[] {x}, outs));
      product.run(new Matrix[0], new Matrix[0], new Matrix[0]);
    }
    Matrix x = Seeds.matrix(7, 12, 8);
    assertNames("count is 0", () -> MatrixStack.of(x, 0));
    assertNames("matrix has 12 rows", () -> MatrixStack.of(x, 5));
    assertNames("matrix has 12 rows", () -> MatrixStack.of(x, 5, 3, 3));
    assertNames("rows is -1", () -> MatrixStack.of(x, 5, -1, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> MatrixStack.of(x, 4).item(4));
  }
}
