package io.github.lanewise.kernel.softmax;

/** The definition of softmax, in double precision. */
public final class SoftmaxReference {
  private SoftmaxReference() {}

  /** e^(x_i - max) / Σ e^(x_j - max); zeros for a row of nothing but -Infinity. */
  public static double[] softmax(float[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (float value : x) {
      max = Math.max(max, value);
    }
    double[] out = new double[x.length];
    if (max == Double.NEGATIVE_INFINITY) {
      return out;
    }
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      out[i] = Math.exp(x[i] - max);
      sum += out[i];
    }
    for (int i = 0; i < x.length; i++) {
      out[i] /= sum;
    }
    return out;
  }
}
