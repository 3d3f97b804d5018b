package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.activation.ActivationReference;
import io.github.lanewise.kernel.norm.NormReference;
import io.github.lanewise.kernel.rope.RopeReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowOperationsTest {
  private static final double U = Bounds.U;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Row lengths around every vector edge, and long ones. */
  static IntStream lengths() {
    int lanes = Simd.LANES;
    return IntStream.of(
            1,
            2,
            3,
            7,
            lanes - 1,
            lanes,
            lanes + 1,
            2 * lanes - 1,
            2 * lanes,
            2 * lanes + 1,
            4 * lanes,
            4 * lanes + 1,
            5 * lanes + 3,
            1000,
            4097)
        .filter(n -> n > 0)
        .distinct();
  }

  private static float[] row(Matrix matrix, int row) {
    return matrix.rowRange(row, 1).toArray();
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void layerNormAgreesWithItsDefinition(int n) {
    for (float offset : new float[] {0, 100, 10_000}) {
      GuardedMatrix x = GuardedMatrix.random(3, 5, n);
      for (int r = 0; r < 5; r++) {
        for (int c = 0; c < n; c++) {
          x.matrix().set(r, c, x.matrix().get(r, c) + offset);
        }
      }
      Matrix gamma = Seeds.matrix(4, 1, n);
      Matrix beta = Seeds.matrix(5, 1, n);
      GuardedMatrix out = GuardedMatrix.poisoned(5, n);
      LayerNorm norm = LayerNorm.prepare(runtime, gamma, beta, 1e-5f);
      norm.run(x.matrix(), out.matrix());
      for (int r = 0; r < 5; r++) {
        assertLayerNorm(row(x.matrix(), r), gamma, beta, 1e-5f, row(out.matrix(), r));
      }
      out.assertBordersIntact();
      norm.run(x.matrix(), x.matrix());
      Bounds.assertSameBits(out.matrix(), x.matrix());
      x.assertBordersIntact();
    }
  }

  /**
   * The first mean is off by at most r = γ(n + 1)·max|x|, so a deviation d from it is at most |x -
   * mean| + r, and rounds by u|d|. The rest of the mean, taken from the deviations, has the error
   * γ(n + 2)·mean|d|; scaling, shift and sum round three times more. The variance's relative error
   * is at most γ(n + 4)·(variance + r²)/variance, the scale's half of that and 3u.
   */
  private static void assertLayerNorm(
      float[] values, Matrix gamma, Matrix beta, float epsilon, float[] actual) {
    double[] expected = NormReference.layerNorm(values, gamma.toArray(), beta.toArray(), epsilon);
    double largest = 0;
    double mean = 0;
    for (float v : values) {
      largest = Math.max(largest, Math.abs(v));
      mean += v / (double) values.length;
    }
    double variance = epsilon;
    for (float v : values) {
      variance += (v - mean) * (v - mean) / values.length;
    }
    double meanError = Bounds.gamma(values.length + 1) * largest;
    double meanDeviation = meanError;
    for (float v : values) {
      meanDeviation += Math.abs(v - mean) / values.length;
    }
    double sigma = Math.sqrt(variance);
    double scaleError =
        Bounds.gamma(values.length + 4) / 2 * (1 + meanError * meanError / variance) + 3 * U;
    for (int c = 0; c < values.length; c++) {
      double deviation = Math.abs(values[c] - mean) + meanError;
      double error = 3 * U * deviation + Bounds.gamma(values.length + 5) * meanDeviation;
      double bound =
          Math.abs(gamma.get(0, c)) * (error + deviation * scaleError) / sigma
              + 2 * U * Math.abs(expected[c]);
      Bounds.assertClose(expected[c], actual[c], bound, "element " + c);
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void rmsNormAgreesWithItsDefinition(int n) {
    GuardedMatrix x = GuardedMatrix.random(6, 5, n);
    Matrix gamma = Seeds.matrix(7, 1, n);
    GuardedMatrix out = GuardedMatrix.poisoned(5, n);
    RmsNorm norm = RmsNorm.prepare(runtime, gamma, 1e-6f);
    norm.run(x.matrix(), out.matrix());
    for (int r = 0; r < 5; r++) {
      double[] expected = NormReference.rmsNorm(row(x.matrix(), r), gamma.toArray(), 1e-6f);
      for (int c = 0; c < n; c++) {
        // The mean square is off by γ(n) relative, its root by half of that; three more roundings.
        double bound = Math.abs(expected[c]) * (Bounds.gamma(n) / 2 + 4 * U) + Float.MIN_NORMAL;
        Bounds.assertClose(expected[c], out.matrix().get(r, c), bound, "(" + r + ", " + c + ")");
      }
    }
    out.assertBordersIntact();
    norm.run(x.matrix(), x.matrix());
    Bounds.assertSameBits(out.matrix(), x.matrix());
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-36f, 1e-25f, 1e-15f, 1e15f, 1e25f, 1e36f})
  void normsOfEveryMagnitude(float size) {
    for (int n : new int[] {1, 5, 100, 1000}) {
      Matrix ones = Matrix.allocate(Arena.ofAuto(), 1, n);
      ones.fill(1);
      Matrix zeros = Matrix.allocate(Arena.ofAuto(), 1, n);
      Matrix x = Seeds.matrix(10, 3, n);
      for (int c = 0; c < n; c++) {
        x.set(0, c, x.get(0, c) * size);
        x.set(2, c, x.get(2, c) * size);
      }
      Matrix out = GuardedMatrix.poisoned(3, n).matrix();
      RmsNorm.prepare(runtime, ones, 0).run(x, out);
      for (int r = 0; r < 3; r++) {
        double[] expected = NormReference.rmsNorm(row(x, r), row(ones, 0), 0);
        for (int c = 0; c < n; c++) {
          double bound = Math.abs(expected[c]) * (Bounds.gamma(n) / 2 + 4 * U);
          Bounds.assertClose(expected[c], out.get(r, c), bound, "(" + r + ", " + c + ")");
        }
      }
      if (n > 1) {
        LayerNorm.prepare(runtime, ones, zeros, 0).run(x, out);
        for (int r = 0; r < 3; r++) {
          assertLayerNorm(row(x, r), ones, zeros, 0, row(out, r));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void normsOfConstantRows(int n) {
    Matrix gamma = Seeds.matrix(4, 1, n);
    Matrix beta = Seeds.matrix(5, 1, n);
    for (float value : new float[] {0, Float.MIN_VALUE, 1e-25f, -0.1f, 1e30f}) {
      Matrix x = Matrix.allocate(Arena.ofAuto(), 1, n);
      x.fill(value);
      Matrix out = GuardedMatrix.poisoned(1, n).matrix();
      LayerNorm.prepare(runtime, gamma, beta, 1e-5f).run(x, out);
      assertLayerNorm(row(x, 0), gamma, beta, 1e-5f, row(out, 0));
      RmsNorm.prepare(runtime, gamma, 1e-5f).run(x, out);
      double[] expected = NormReference.rmsNorm(row(x, 0), gamma.toArray(), 1e-5f);
      for (int c = 0; c < n; c++) {
        double bound = Math.abs(expected[c]) * (Bounds.gamma(n) / 2 + 4 * U) + Float.MIN_NORMAL;
        Bounds.assertClose(expected[c], out.get(0, c), bound, "element " + c);
      }
      // One element that differs makes a row like others, wherever it is.
      x.set(0, n - 1, value + 1e-24f);
      LayerNorm.prepare(runtime, gamma, beta, 1e-5f).run(x, out);
      assertLayerNorm(row(x, 0), gamma, beta, 1e-5f, row(out, 0));
    }
  }

  private static DoubleUnaryOperator definition(Activation activation) {
    return switch (activation) {
      case NONE -> x -> x;
      case GELU -> ActivationReference::gelu;
      case GELU_TANH -> ActivationReference::geluTanh;
      case SILU -> ActivationReference::silu;
      case RELU -> ActivationReference::relu;
      case SIGMOID -> ActivationReference::sigmoid;
      case TANH -> ActivationReference::tanh;
    };
  }

  /** The bounds that the kernels' Javadoc states. */
  private static double bound(Activation activation, double x, double expected) {
    return switch (activation) {
      case NONE, RELU -> 0;
      case GELU -> 12 * U * Math.abs(expected) + 1e-38;
      case GELU_TANH -> {
        double u = 0.7978845608 * Math.abs(x + 0.044715 * x * x * x);
        yield (8 + 8 * u) * U * Math.abs(expected) + 1e-36;
      }
      case SILU -> 6 * U * Math.abs(expected) + 3e-37;
      case SIGMOID -> 6 * U * expected + 1e-38;
      case TANH -> 8 * U * Math.abs(expected) + 2e-38;
    };
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activationsAgreeWithTheirDefinitions(Activation activation) {
    int n = 40_001;
    Matrix x = Matrix.allocate(Arena.ofAuto(), 1, n);
    for (int i = 0; i < n; i++) {
      x.set(0, i, (i - 20_000) / 1000f);
    }
    Matrix out = Matrix.allocate(Arena.ofAuto(), 1, n);
    Activate.prepare(runtime, activation).run(x, out);
    for (int i = 0; i < n; i++) {
      double expected = definition(activation).applyAsDouble(x.get(0, i));
      Bounds.assertClose(
          expected,
          out.get(0, i),
          bound(activation, x.get(0, i), expected),
          activation + "(" + x.get(0, i) + ")");
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activationsOfEveryMagnitude(Activation activation) {
    int n = 4096;
    Matrix x = Matrix.allocate(Arena.ofAuto(), 2, n);
    for (int i = 0; i < n; i++) {
      float magnitude = Float.intBitsToFloat(i * (Float.floatToIntBits(64f) / n));
      x.set(0, i, magnitude);
      x.set(1, i, -magnitude);
    }
    Matrix out = Matrix.allocate(Arena.ofAuto(), 2, n);
    Activate.prepare(runtime, activation).run(x, out);
    for (int r = 0; r < 2; r++) {
      for (int i = 0; i < n; i++) {
        float v = x.get(r, i);
        double expected = definition(activation).applyAsDouble(v);
        Bounds.assertClose(
            expected, out.get(r, i), bound(activation, v, expected), activation + "(" + v + ")");
      }
    }
  }

  @Test
  void theSigmoidAtTheEdges() {
    float[] x = {Float.NaN, Float.POSITIVE_INFINITY, 1e30f, -1e30f, 0f, Float.NEGATIVE_INFINITY};
    Matrix out = Matrix.copyOf(Arena.ofAuto(), 1, x.length, x);
    Activate.prepare(runtime, Activation.SIGMOID).run(out, out);
    assertArrayEquals(new float[] {Float.NaN, 1, 1, 0, 0.5f, 0}, out.toArray());
  }

  @Test
  void tanhAtTheEdges() {
    float[] x = {Float.NaN, Float.POSITIVE_INFINITY, 1e30f, -1e30f, 0f, Float.NEGATIVE_INFINITY};
    Matrix out = Matrix.copyOf(Arena.ofAuto(), 1, x.length, x);
    Activate.prepare(runtime, Activation.TANH).run(out, out);
    assertArrayEquals(new float[] {Float.NaN, 1, 1, -1, 0, -1}, out.toArray());
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SIGMOID", "TANH"})
  void activationsAtTheEdges(Activation activation) {
    float[] x = {
      Float.NaN, Float.POSITIVE_INFINITY, 1e30f, -1e30f, 0f, Float.NEGATIVE_INFINITY, -100f, 100f
    };
    Matrix out = Matrix.copyOf(Arena.ofAuto(), 1, x.length, x);
    Activate.prepare(runtime, activation).run(out, out);
    assertTrue(Float.isNaN(out.get(0, 0)));
    assertEquals(Float.POSITIVE_INFINITY, out.get(0, 1));
    assertEquals(1e30f, out.get(0, 2));
    assertEquals(activation == Activation.NONE ? -1e30f : 0f, out.get(0, 3) + 0f);
    assertEquals(0f, out.get(0, 4));
    assertEquals(activation == Activation.NONE ? Float.NEGATIVE_INFINITY : 0f, out.get(0, 5) + 0f);
    assertEquals(activation == Activation.NONE ? -100f : 0f, out.get(0, 6) + 0f, 1e-36f);
    assertEquals(100f, out.get(0, 7));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void gatedActivationsMultiplyGateAndUp(int n) {
    for (Activation activation : Activation.values()) {
      GuardedMatrix gateUp = GuardedMatrix.random(8, 4, 2 * n);
      GuardedMatrix out = GuardedMatrix.poisoned(4, n);
      GatedActivation.prepare(runtime, activation).run(gateUp.matrix(), out.matrix());
      for (int r = 0; r < 4; r++) {
        for (int c = 0; c < n; c++) {
          float gate = gateUp.matrix().get(r, c);
          double activated = definition(activation).applyAsDouble(gate);
          double up = gateUp.matrix().get(r, n + c);
          double bound =
              (bound(activation, gate, activated) + U * Math.abs(activated)) * Math.abs(up);
          Bounds.assertClose(
              activated * up,
              out.matrix().get(r, c),
              bound + Float.MIN_NORMAL,
              "(" + r + ", " + c + ")");
        }
      }
      out.assertBordersIntact();
    }
  }

  static Stream<Integer> headDims() {
    return Stream.of(2, 4, 6, 16, 30, 32, 34, 64, 80, 128, 256);
  }

  @ParameterizedTest
  @MethodSource("headDims")
  void rotationsAgreeWithTheirDefinition(int headDim) {
    for (Rope.Pairing pairing : Rope.Pairing.values()) {
      Rope rope = Rope.prepare(runtime, headDim, 64, 10_000, pairing);
      GuardedMatrix x = GuardedMatrix.random(9, 7, 3 * headDim);
      Matrix before = Matrix.copyOf(Arena.ofAuto(), 7, 3 * headDim, x.matrix().toArray());
      rope.run(x.matrix(), 50);
      for (int r = 0; r < 7; r++) {
        for (int head = 0; head < 3; head++) {
          float[] values = before.rowRange(r, 1).columnRange(head * headDim, headDim).toArray();
          double[] expected =
              RopeReference.rotate(values, 50 + r, 10_000, pairing == Rope.Pairing.INTERLEAVED);
          for (int i = 0; i < headDim; i++) {
            // Both table entries, one product and one FMA round; inputs are at most 1.
            Bounds.assertClose(
                expected[i],
                x.matrix().get(r, head * headDim + i),
                4 * U * 2,
                "(" + r + ", " + i + ")");
          }
        }
      }
      x.assertBordersIntact();
      Matrix again = Matrix.copyOf(Arena.ofAuto(), 7, 3 * headDim, before.toArray());
      rope.run(again, new int[] {50, 51, 52, 53, 54, 55, 56});
      Bounds.assertSameBits(x.matrix(), again);
    }
  }
}
