package io.github.lanewise.model.recurrent;

import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.PlainMath;

/**
 * LSTM layers written down from the paper, in double, one sequence; beside each value how far f32
 * may be from it: products by γ of their length, σ by 6u and tanh by 8u of their results plus a
 * quarter and the whole of their argument's error, sums and products by u.
 */
final class LstmReference {
  private static final double U = Bounds.U;

  private final LstmWeights weights;
  private final int width;

  LstmReference(LstmWeights weights) {
    this.weights = weights;
    width = weights.config().dModel();
  }

  /** Values and their bounds, [steps][width] each. */
  record Result(double[][] values, double[][] bounds) {}

  /**
   * One step of all layers.
   *
   * @param x the input
   * @param state hidden states and cells before the step, taken to be exact
   */
  Result step(double[] x, LstmState state) {
    Result result = new Result(new double[][] {x}, new double[1][width]);
    for (int layer = 0; layer < weights.config().layers(); layer++) {
      double[] hidden = PlainMath.of(state.hidden(layer))[0];
      double[] cell = PlainMath.of(state.cell(layer))[0];
      result = layer(layer, result, hidden, cell);
    }
    return result;
  }

  private Result layer(int layer, Result x, double[] hiddenBefore, double[] cellBefore) {
    double[][] w = PlainMath.of(weights.tensors().linear("layers." + layer + ".input.weight"));
    double[][] u = PlainMath.of(weights.tensors().linear("layers." + layer + ".hidden.weight"));
    double[] b = PlainMath.of(weights.tensors().matrix("layers." + layer + ".bias"))[0];
    int steps = x.values.length;
    Result out = new Result(new double[steps][], new double[steps][]);
    double[] h = hiddenBefore;
    double[] eh = new double[width];
    double[] c = cellBefore.clone();
    double[] ec = new double[width];
    for (int t = 0; t < steps; t++) {
      double[] gates = new double[4 * width];
      double[] errors = new double[4 * width];
      for (int g = 0; g < gates.length; g++) {
        double size = Math.abs(b[g]);
        gates[g] = b[g];
        for (int i = 0; i < width; i++) {
          gates[g] += w[g][i] * x.values[t][i] + u[g][i] * h[i];
          errors[g] += Math.abs(w[g][i]) * x.bounds[t][i] + Math.abs(u[g][i]) * eh[i];
          size += Math.abs(w[g][i]) * Math.abs(x.values[t][i]) + Math.abs(u[g][i] * h[i]);
        }
        errors[g] += Bounds.gamma(2L * width + 3) * (size + errors[g]);
      }
      h = h.clone();
      eh = eh.clone();
      for (int i = 0; i < width; i++) {
        double[] in = sigmoid(gates[i], errors[i]);
        double[] forget = sigmoid(gates[width + i], errors[width + i]);
        double[] candidate = tanh(gates[2 * width + i], errors[2 * width + i]);
        double[] output = sigmoid(gates[3 * width + i], errors[3 * width + i]);
        double[] kept = product(forget, new double[] {c[i], ec[i]});
        double[] added = product(in, candidate);
        c[i] = kept[0] + added[0];
        ec[i] = kept[1] + added[1];
        ec[i] += U * (Math.abs(c[i]) + ec[i]);
        double[] hidden = product(output, tanh(c[i], ec[i]));
        h[i] = hidden[0];
        eh[i] = hidden[1];
      }
      out.values[t] = h;
      out.bounds[t] = eh;
    }
    return out;
  }

  private static double[] sigmoid(double x, double error) {
    double value = 1 / (1 + Math.exp(-x));
    return new double[] {value, error / 4 + 6 * U * (value + error / 4)};
  }

  private static double[] tanh(double x, double error) {
    double value = Math.tanh(x);
    return new double[] {value, error + 8 * U * (Math.abs(value) + error)};
  }

  private static double[] product(double[] a, double[] b) {
    double value = a[0] * b[0];
    double error = Math.abs(a[0]) * b[1] + Math.abs(b[0]) * a[1] + a[1] * b[1];
    return new double[] {value, error + U * (Math.abs(value) + error)};
  }
}
