package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.softmax.SoftmaxReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Softmax.Form;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SoftmaxTest {
  private static final double U = Bounds.U;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Every length up to a vector, the edges of vectors and of pieces of 1024, and odd ones. */
  static IntStream lengths() {
    int lanes = Simd.LANES;
    return IntStream.concat(
            IntStream.rangeClosed(1, 3 * lanes + 1),
            IntStream.of(
                8 * lanes, 100, 1000, 1023, 1024, 1025, 1024 + lanes, 2047, 2049, 4096, 5000))
        .distinct();
  }

  /** Values that grow along the row, so that long rows change their base. */
  private static void fill(Matrix x, int seed, float spread) {
    Seeds.fill(x, seed);
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < x.columns(); c++) {
        float ramp = r % 2 == 0 ? 0 : 40f * c / x.columns();
        x.set(r, c, x.get(r, c) * spread + ramp);
      }
    }
  }

  /**
   * A distance from the maximum, or from an older base and then that base's, rounds by u of itself,
   * a score that a mask makes by u|s|, the factor by u of the distance; the weight adds 4u,
   * division 3u, the sum at most γ of the additions in a lane (1024 elements, then across lanes).
   * Numerator and denominator add up. Weights below the normal floats are 0.
   */
  private static void assertRow(Form form, double[] scores, float[] actual) {
    double[] expected = SoftmaxReference.logSoftmax(scores);
    double max = Arrays.stream(scores).max().orElse(0);
    double size = Arrays.stream(scores).filter(Double::isFinite).map(Math::abs).max().orElse(0);
    double sum = 2 * 4 * U + Bounds.gamma(Math.min(scores.length, 1024 / Simd.LANES + 5)) + 3 * U;
    for (int i = 0; i < scores.length; i++) {
      double distance = Double.isFinite(scores[i]) ? max - scores[i] : 0;
      // Elements that count in the denominator are at most 20 below, or their sum is nothing.
      double error = sum + 2 * U * (distance + 20) + 2 * U * size;
      if (form == Form.WEIGHTS) {
        double weight = Math.exp(expected[i]);
        Bounds.assertClose(weight, actual[i], error * weight + 2 * Float.MIN_NORMAL, "at " + i);
      } else {
        double logarithm = Double.isFinite(expected[i]) ? Math.abs(expected[i]) : 0;
        Bounds.assertClose(expected[i], actual[i], error + 4 * U * (1 + logarithm), "at " + i);
      }
    }
  }

  private static double[] scores(Matrix x, int row, float scale) {
    float[] values = x.rowRange(row, 1).toArray();
    return SoftmaxReference.scores(values, scale, new float[values.length]);
  }

  private static float[] row(Matrix matrix, int row) {
    return matrix.rowRange(row, 1).toArray();
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void agreesWithItsDefinition(int n) {
    for (Form form : Form.values()) {
      for (float scale : new float[] {1, 0.125f, -1.5f}) {
        GuardedMatrix x = GuardedMatrix.random(1, 5, n);
        fill(x.matrix(), n, 20);
        GuardedMatrix out = GuardedMatrix.poisoned(5, n);
        Softmax softmax = Softmax.prepare(runtime, scale, form);
        softmax.run(x.matrix(), out.matrix());
        for (int r = 0; r < 5; r++) {
          assertRow(form, scores(x.matrix(), r, scale), row(out.matrix(), r));
        }
        out.assertBordersIntact();
        softmax.run(x.matrix(), x.matrix());
        Bounds.assertSameBits(out.matrix(), x.matrix());
        x.assertBordersIntact();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void aRowsBitsDependOnTheRowAlone(int n) {
    int rows = 37;
    Matrix x = Matrix.allocate(Arena.ofAuto(), rows, n);
    fill(x, n + 1, 10);
    for (Form form : Form.values()) {
      Softmax softmax = Softmax.prepare(runtime, 1, form);
      Matrix endToEnd = Matrix.allocate(Arena.ofAuto(), rows, n);
      softmax.run(x, endToEnd);
      Matrix strided = GuardedMatrix.poisoned(rows, n).matrix();
      softmax.run(x, strided);
      Bounds.assertSameBits(endToEnd, strided);
      Matrix single = GuardedMatrix.poisoned(rows, n).matrix();
      for (int r = 0; r < rows; r++) {
        softmax.run(x.rowRange(r, 1), single.rowRange(r, 1));
      }
      Bounds.assertSameBits(endToEnd, single);
      try (Lanewise alone = Lanewise.create(1)) {
        Matrix oneThread = Matrix.allocate(Arena.ofAuto(), rows, n);
        Softmax.prepare(alone, 1, form).run(x, oneThread);
        Bounds.assertSameBits(endToEnd, oneThread);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void masksAreAddedAndHide(int n) {
    for (Form form : Form.values()) {
      for (int maskRows : new int[] {1, 4}) {
        GuardedMatrix x = GuardedMatrix.random(2, 4, n);
        GuardedMatrix mask = GuardedMatrix.random(3, maskRows, n);
        for (int r = 0; r < maskRows; r++) {
          for (int c = (n + r) % 3; c < n; c += 3) {
            mask.matrix().set(r, c, Float.NEGATIVE_INFINITY);
            x.matrix().set(r, c, c % 2 == 0 ? Float.NaN : INF);
          }
        }
        for (int r = maskRows; r < 4; r++) {
          x.matrix().rowRange(r, 1).copyFrom(x.matrix().rowRange(0, 1).toArray());
        }
        GuardedMatrix out = GuardedMatrix.poisoned(4, n);
        Softmax softmax = Softmax.prepare(runtime, 2.5f, form);
        softmax.run(x.matrix(), mask.matrix(), out.matrix());
        for (int r = 0; r < 4; r++) {
          float[] added = row(mask.matrix(), r % maskRows);
          assertRow(
              form, SoftmaxReference.scores(row(x.matrix(), r), 2.5f, added), row(out.matrix(), r));
        }
        out.assertBordersIntact();
        softmax.run(x.matrix(), mask.matrix(), x.matrix());
        Bounds.assertSameBits(out.matrix(), x.matrix());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void lengthsGiveTheBitsOfShorterRows(int n) {
    int[] lengths = {0, 1, n / 2, n - 1, n};
    GuardedMatrix x = GuardedMatrix.random(4, 5, n);
    for (Form form : Form.values()) {
      for (float scale : new float[] {1, -2}) {
        float hidden = form == Form.WEIGHTS ? 0 : Float.NEGATIVE_INFINITY;
        Softmax softmax = Softmax.prepare(runtime, scale, form);
        GuardedMatrix out = GuardedMatrix.poisoned(5, n);
        for (int r = 0; r < 5; r++) {
          for (int c = lengths[r]; c < n; c++) {
            x.matrix().set(r, c, Float.NaN);
          }
        }
        softmax.run(x.matrix(), lengths, out.matrix());
        for (int r = 0; r < 5; r++) {
          Matrix shorter = Matrix.allocate(Arena.ofAuto(), 1, lengths[r]);
          softmax.run(x.matrix().rowRange(r, 1).columnRange(0, lengths[r]), shorter);
          float[] expected = new float[n];
          Arrays.fill(expected, hidden);
          System.arraycopy(shorter.toArray(), 0, expected, 0, lengths[r]);
          assertArrayEquals(expected, row(out.matrix(), r));
        }
        out.assertBordersIntact();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {199_999, 200_000, 200_001, 643_251})
  void longRows(int n) {
    Matrix x = Seeds.matrix(2, 1, n);
    Matrix out = GuardedMatrix.poisoned(1, n).matrix();
    Softmax.prepare(runtime).run(x, out);
    double[] expected = SoftmaxReference.softmax(x.toArray());
    for (int i = 0; i < n; i++) {
      // oneDNN's rule, ten times the spacing of floats at 1.
      Bounds.assertClose(expected[i], out.get(0, i), 20 * U * expected[i], "element " + i);
    }
    Softmax.prepare(runtime, 1, Form.LOGARITHMS).run(x, x);
    for (int i = 0; i < n; i++) {
      double logarithm = Math.log(expected[i]);
      Bounds.assertClose(logarithm, x.get(0, i), 100 * U * -logarithm, "element " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 17, 100, 3000})
  void edges(int n) {
    float low = -Float.MAX_VALUE;
    assertEquals(0f, softmax(n, -INF, -INF)[n - 1]);
    assertEquals(-INF, logSoftmax(n, -INF, -INF)[n - 1]);
    // The lowest float is a number: a row of nothing else is uniform.
    assertEquals(1f / n, softmax(n, low, low)[0], 2e-7f);
    assertEquals(0f, softmax(n, low, 5)[0]);
    assertEquals(1f, softmax(n, low, 5)[n - 1]);
    assertEquals(1f, softmax(n, -INF, 3)[n - 1]);
    assertEquals(0f, logSoftmax(n, -INF, 3)[n - 1]);
    assertEquals(-INF, logSoftmax(n, -INF, 3)[0]);
    assertEquals(1f, softmax(n, -1e4f, 1e4f)[n - 1]);
    assertEquals(0f, softmax(n, -1e4f, 1e4f)[0]);
    assertEquals(-2e4f, logSoftmax(n, -1e4f, 1e4f)[0]);
    assertEquals(1f / n, softmax(n, Float.MIN_VALUE, -Float.MIN_VALUE)[0], 2e-7f);
    assertEquals(1f / n, softmax(n, Float.MAX_VALUE, Float.MAX_VALUE)[0], 2e-7f);
    for (float bad : new float[] {Float.NaN, INF, Float.intBitsToFloat(0x7fc5a5a5)}) {
      for (int at : new int[] {0, n / 2, n - 1}) {
        for (Form form : Form.values()) {
          float[] x = new float[n];
          x[at] = bad;
          for (float value : run(Softmax.prepare(runtime, 1, form), x)) {
            assertTrue(Float.isNaN(value), bad + " at " + at + " gave " + value);
          }
        }
      }
    }
  }

  /** A row of {@code fill} that ends in {@code last}. */
  private static float[] softmax(int n, float fill, float last) {
    return run(Softmax.prepare(runtime), ending(n, fill, last));
  }

  private static float[] logSoftmax(int n, float fill, float last) {
    return run(Softmax.prepare(runtime, 1, Form.LOGARITHMS), ending(n, fill, last));
  }

  private static float[] ending(int n, float fill, float last) {
    float[] x = new float[n];
    Arrays.fill(x, fill);
    x[n - 1] = last;
    return x;
  }

  private static float[] run(Softmax softmax, float... x) {
    Matrix matrix = Matrix.copyOf(Arena.ofAuto(), 1, x.length, x);
    softmax.run(matrix, matrix);
    return matrix.toArray();
  }

  @Test
  void emptyMatricesAreFine() {
    for (int[] shape : new int[][] {{0, 5}, {5, 0}, {0, 0}}) {
      Matrix x = Matrix.allocate(Arena.ofAuto(), shape[0], shape[1]);
      Softmax.prepare(runtime).run(x, x);
      Softmax.prepare(runtime).run(x, new int[shape[0]], x);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void runsAllocateNothing(Form form) {
    Softmax softmax = Softmax.prepare(runtime, 0.5f, form);
    int[] lengths = {5, 3000, 2000, 40};
    for (int n : new int[] {5, 100, 3000}) {
      Matrix x = Seeds.matrix(5, 4, n);
      Matrix mask = Seeds.matrix(6, 1, n);
      Matrix out = Matrix.allocate(Arena.ofAuto(), 4, n);
      int[] fitting = Arrays.stream(lengths).map(length -> Math.min(length, n)).toArray();
      assertEquals(0, Allocation.ofCompiled(() -> softmax.run(x, out)));
      assertEquals(0, Allocation.ofCompiled(() -> softmax.run(x, mask, out)));
      assertEquals(0, Allocation.ofCompiled(() -> softmax.run(x, fitting, out)));
    }
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    Softmax softmax = Softmax.prepare(runtime);
    Matrix x = Seeds.matrix(7, 4, 9);
    Matrix out = GuardedMatrix.poisoned(4, 9).matrix();
    assertNames("scale", () -> Softmax.prepare(runtime, Float.NaN, Form.WEIGHTS));
    assertNames("mask", () -> softmax.run(x, Seeds.matrix(8, 2, 9), out));
    assertNames("mask", () -> softmax.run(x, Seeds.matrix(8, 1, 8), out));
    assertNames("out", () -> softmax.run(x, out.rowRange(1, 1), out));
    assertNames("lengths", () -> softmax.run(x, new int[3], out));
    assertNames("lengths[2]", () -> softmax.run(x, new int[] {0, 9, 10, 0}, out));
    assertNames("lengths[1]", () -> softmax.run(x, new int[] {0, -1, 0, 0}, out));
    for (float value : out.toArray()) {
      assertTrue(Float.isNaN(value));
    }
  }
}
