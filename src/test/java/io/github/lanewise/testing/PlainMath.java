package io.github.lanewise.testing;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * What models are made of, as loops over arrays of rows: nothing shared with the kernels. In
 * double, or rounded to f32 after each operation as a plain f32 program would.
 */
public final class PlainMath {
  private final DoubleUnaryOperator round;

  private PlainMath(DoubleUnaryOperator round) {
    this.round = round;
  }

  /** Rounds nothing. */
  public static PlainMath inDouble() {
    return new PlainMath(x -> x);
  }

  /** Rounds each operation to f32. */
  public static PlainMath inFloat() {
    return new PlainMath(x -> (float) x);
  }

  /** The value as this precision holds it. */
  public double r(double value) {
    return round.applyAsDouble(value);
  }

  /** Rows of x times rows of w, plus a bias. */
  public double[][] linear(double[][] x, double[][] w, double[] bias) {
    double[][] out = new double[x.length][w.length];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < w.length; o++) {
        double total = 0;
        for (int i = 0; i < w[o].length; i++) {
          total = r(total + r(x[t][i] * w[o][i]));
        }
        out[t][o] = bias.length == 0 ? total : r(total + bias[o]);
      }
    }
    return out;
  }

  /** LayerNorm of each row. */
  public double[][] layerNorm(double[][] x, double[] gain, double[] shift, double epsilon) {
    double[][] out = new double[x.length][gain.length];
    for (int t = 0; t < x.length; t++) {
      double mean = 0;
      for (double value : x[t]) {
        mean = r(mean + value);
      }
      mean = r(mean / gain.length);
      double squares = 0;
      for (double value : x[t]) {
        squares = r(squares + r(r(value - mean) * r(value - mean)));
      }
      double scale = r(1 / Math.sqrt(r(r(squares / gain.length) + (float) epsilon)));
      for (int i = 0; i < gain.length; i++) {
        out[t][i] = r(r(r(r(x[t][i] - mean) * scale) * gain[i]) + shift[i]);
      }
    }
    return out;
  }

  /** Softmax of a row, in place. */
  public void softmax(double[] p) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : p) {
      max = Math.max(max, value);
    }
    double total = 0;
    for (int j = 0; j < p.length; j++) {
      p[j] = r(Math.exp(r(p[j] - max)));
      total = r(total + p[j]);
    }
    for (int j = 0; j < p.length; j++) {
      p[j] = r(p[j] / total);
    }
  }

  /** What is added to the score of a head, a query and a key. */
  @FunctionalInterface
  public interface Bias {
    /** No bias. */
    Bias NONE = (head, i, j) -> 0;

    /** The bias of a pair. */
    double of(int head, int i, int j);
  }

  /** Attention of heads beside each other. */
  public double[][] attention(double[][] q, double[][] k, double[][] v, int heads, Bias bias) {
    int dim = q[0].length / heads;
    double[][] out = new double[q.length][q[0].length];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < q.length; i++) {
        double[] p = new double[k.length];
        for (int j = 0; j < k.length; j++) {
          double dot = 0;
          for (int c = head * dim; c < (head + 1) * dim; c++) {
            dot = r(dot + r(q[i][c] * k[j][c]));
          }
          p[j] = r(r(dot / Math.sqrt(dim)) + bias.of(head, i, j));
        }
        softmax(p);
        for (int c = head * dim; c < (head + 1) * dim; c++) {
          double total = 0;
          for (int j = 0; j < k.length; j++) {
            total = r(total + r(p[j] * v[j][c]));
          }
          out[i][c] = total;
        }
      }
    }
    return out;
  }

  /** A function of each element. */
  public double[][] map(double[][] x, DoubleUnaryOperator function) {
    return combine(x, x, (a, b) -> function.applyAsDouble(a));
  }

  /** A function of each pair of elements. */
  public double[][] combine(double[][] a, double[][] b, DoubleBinaryOperator function) {
    double[][] out = new double[a.length][a[0].length];
    for (int t = 0; t < a.length; t++) {
      for (int i = 0; i < a[t].length; i++) {
        out[t][i] = r(function.applyAsDouble(a[t][i], b[t][i]));
      }
    }
    return out;
  }

  /** Element by element. */
  public double[][] sum(double[][] a, double[][] b) {
    return combine(a, b, Double::sum);
  }

  /** Element by element. */
  public double[][] product(double[][] a, double[][] b) {
    return combine(a, b, (x, y) -> x * y);
  }

  /** The logistic function. */
  public double[][] sigmoid(double[][] x) {
    return map(x, value -> 1 / (1 + Math.exp(-value)));
  }

  /** Some columns. */
  public static double[][] columns(double[][] x, int from, int count) {
    double[][] out = new double[x.length][count];
    for (int t = 0; t < x.length; t++) {
      System.arraycopy(x[t], from, out[t], 0, count);
    }
    return out;
  }

  /** The elements of a matrix. */
  public static double[][] of(Matrix matrix) {
    double[][] values = new double[matrix.rows()][matrix.columns()];
    for (int row = 0; row < matrix.rows(); row++) {
      for (int column = 0; column < matrix.columns(); column++) {
        values[row][column] = matrix.get(row, column);
      }
    }
    return values;
  }

  /** The elements of packed weights. */
  public static double[][] of(PackedWeights packed) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix plain = Matrix.allocate(arena, packed.outFeatures(), packed.inFeatures());
      for (int row = 0; row < plain.rows(); row++) {
        packed.getRow(row, plain, row);
      }
      return of(plain);
    }
  }

  /**
   * The error function as its integral, by Simpson's rule with error below 1e-13 for the x that
   * occur in models.
   */
  public static double erf(double x) {
    double end = Math.min(Math.abs(x), 6.5);
    int steps = 2000;
    double total = 1 + Math.exp(-end * end);
    for (int i = 1; i < steps; i++) {
      double at = end * i / steps;
      total += (i % 2 == 1 ? 4 : 2) * Math.exp(-at * at);
    }
    return Math.signum(x) * 2 / Math.sqrt(Math.PI) * total * end / steps / 3;
  }
}
