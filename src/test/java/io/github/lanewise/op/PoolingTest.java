package io.github.lanewise.op;

import static io.github.lanewise.testing.Bounds.U;
import static io.github.lanewise.testing.Bounds.assertClose;
import static io.github.lanewise.testing.Bounds.assertSameBits;
import static io.github.lanewise.testing.Bounds.gamma;
import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.norm.NormReference;
import io.github.lanewise.kernel.pooling.PoolingReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolingTest {
  private static final double LEAST_NORM = 1e-12;

  /** Of one row, of some, of none, of many. */
  private static final int[] OFFSETS = {0, 1, 8, 8, 25, 281, 282};

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 15, 16, 17, 63, 64, 65, 127, 128, 130, 384, 385})
  void agreesWithTheDefinition(int columns) {
    GuardedMatrix x = GuardedMatrix.random(columns, 282, columns);
    for (Pooling.Kind kind : Pooling.Kind.values()) {
      for (boolean normalize : new boolean[] {false, true}) {
        GuardedMatrix out = GuardedMatrix.poisoned(OFFSETS.length - 1, columns);
        run(2, kind, normalize, x.matrix(), OFFSETS, out.matrix());
        out.assertBordersIntact();
        for (int s = 0; s < OFFSETS.length - 1; s++) {
          assertAgrees(kind, normalize, x.matrix(), s, out.matrix());
        }
      }
    }
  }

  private static void assertAgrees(
      Pooling.Kind kind, boolean normalize, Matrix x, int sequence, Matrix out) {
    int first = OFFSETS[sequence];
    int rows = OFFSETS[sequence + 1] - first;
    int columns = x.columns();
    double[] expected = new double[columns];
    double[] bounds = new double[columns];
    if (rows > 0) {
      int used = kind == Pooling.Kind.CLS ? 1 : rows;
      expected = PoolingReference.mean(rows(x, first, used));
      bounds = bounds(x, first, used);
      if (normalize) {
        double norm = norm(expected);
        double shift = norm(bounds) / norm;
        expected = NormReference.unit(expected, LEAST_NORM);
        for (int c = 0; c < columns; c++) {
          bounds[c] = bounds[c] / norm + (shift + gamma(columns + 4)) * Math.abs(expected[c]);
        }
      }
    }
    for (int c = 0; c < columns; c++) {
      assertClose(
          expected[c], out.get(sequence, c), bounds[c], kind + " (" + sequence + ", " + c + ")");
    }
  }

  /** γ(rows)·Σ|x| / rows. */
  private static double[] bounds(Matrix x, int first, int rows) {
    double[] bounds = new double[x.columns()];
    for (int c = 0; c < bounds.length; c++) {
      for (int r = 0; r < rows; r++) {
        bounds[c] += Math.abs(x.get(first + r, c));
      }
      bounds[c] *= gamma(rows) / rows;
    }
    return bounds;
  }

  private static double norm(double[] x) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }

  private static float[][] rows(Matrix x, int first, int count) {
    float[][] rows = new float[count][];
    for (int r = 0; r < count; r++) {
      rows[r] = x.rowRange(first + r, 1).toArray();
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-42f, 1e-30f, 1e-11f, 1, 1e18f, 1e30f, 3e38f})
  void bringsRowsOfAnySizeToUnitLength(float size) {
    Matrix x = Matrix.copyOf(Arena.ofAuto(), 1, 3, 0, -size, size / 2);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 1, 3);
    run(1, Pooling.Kind.CLS, true, x, new int[] {0, 1}, out);
    double[] in = {0, x.get(0, 1), x.get(0, 2)};
    double[] expected = NormReference.unit(in, LEAST_NORM);
    for (int c = 0; c < 3; c++) {
      assertClose(expected[c], out.get(0, c), 4 * U * Math.abs(expected[c]) + 1e-37, "" + c);
    }
  }

  @Test
  void keepsZerosAndShowsNaN() {
    Matrix x = Matrix.copyOf(Arena.ofAuto(), 2, 2, 0, 0, 1, Float.NaN);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 2, 2);
    run(1, Pooling.Kind.MEAN, true, x, new int[] {0, 1, 2}, out);
    assertEquals(0, out.get(0, 0));
    assertEquals(0, out.get(0, 1));
    assertTrue(Float.isNaN(out.get(1, 1)));
  }

  @ParameterizedTest
  @EnumSource(Pooling.Kind.class)
  void hasTheSameBitsInAnyBatchAndWithAnyNumberOfThreads(Pooling.Kind kind) {
    Matrix x = Seeds.matrix(5, 282, 100);
    Matrix one = Matrix.allocate(Arena.ofAuto(), OFFSETS.length - 1, 100);
    run(1, kind, true, x, OFFSETS, one);
    Matrix many = Matrix.allocate(Arena.ofAuto(), OFFSETS.length - 1, 100);
    run(5, kind, true, x, OFFSETS, many);
    assertSameBits(one, many);
    for (int s = 0; s < OFFSETS.length - 1; s++) {
      int rows = OFFSETS[s + 1] - OFFSETS[s];
      Matrix alone = Matrix.allocate(Arena.ofAuto(), 1, 100);
      run(2, kind, true, x.rowRange(OFFSETS[s], rows), new int[] {0, rows}, alone);
      assertSameBits(alone, one.rowRange(s, 1));
    }
  }

  @Test
  void refusesWrongArgumentsAndWritesNothing() {
    try (Lanewise runtime = Lanewise.create(1)) {
      Pooling pooling = Pooling.prepare(runtime, Pooling.Kind.MEAN, true);
      Matrix x = Seeds.matrix(1, 4, 6);
      Matrix out = Matrix.allocate(Arena.ofAuto(), 2, 6);
      out.fill(Float.NaN);
      assertNames("offsets", () -> pooling.run(x, new int[0], out));
      assertNames("offsets", () -> pooling.run(x, new int[] {0, 2, 3}, out));
      assertNames("offsets[2]", () -> pooling.run(x, new int[] {0, 5, 4}, out));
      assertNames("out has 2 rows", () -> pooling.run(x, new int[] {0, 4}, out));
      assertNames(
          "out has 5 columns", () -> pooling.run(x, new int[] {0, 2, 4}, out.columnRange(0, 5)));
      assertNames("out overlaps x", () -> pooling.run(x, new int[] {0, 1, 4}, x.rowRange(0, 2)));
      for (float value : out.toArray()) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  @Test
  void allocatesNothingOnTheHeapAfterWarmUp() {
    try (Lanewise runtime = Lanewise.create(2)) {
      Pooling pooling = Pooling.prepare(runtime, Pooling.Kind.MEAN, true);
      assertTrue(pooling.warmUp());
      Matrix x = Seeds.matrix(1, 282, 384);
      Matrix out = Matrix.allocate(Arena.ofAuto(), OFFSETS.length - 1, 384);
      assertEquals(0, Allocation.ofCompiled(() -> pooling.run(x, OFFSETS, out)));
    }
  }

  private static void run(
      int threads, Pooling.Kind kind, boolean normalize, Matrix x, int[] offsets, Matrix out) {
    try (Lanewise runtime = Lanewise.create(threads)) {
      Pooling.prepare(runtime, kind, normalize).run(x, offsets, out);
    }
  }
}
