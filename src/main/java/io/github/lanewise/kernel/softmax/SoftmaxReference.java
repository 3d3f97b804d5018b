package io.github.lanewise.kernel.softmax;

import java.util.Arrays;

/** The definitions of scores, softmax and its logarithm, in double precision. */
public final class SoftmaxReference {
  private SoftmaxReference() {}

  /** scale · x + mask, -Infinity where the mask is. */
  public static double[] scores(float[] x, float scale, float[] mask) {
    double[] scores = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      scores[i] =
          mask[i] == Float.NEGATIVE_INFINITY
              ? Double.NEGATIVE_INFINITY
              : (double) scale * x[i] + mask[i];
    }
    return scores;
  }

  /** e^(x_i - max) / Σ e^(x_j - max); zeros for a row of nothing but -Infinity. */
  public static double[] softmax(float[] x) {
    return softmax(scores(x, 1, new float[x.length]));
  }

  /** The same of scores. */
  public static double[] softmax(double[] scores) {
    return Arrays.stream(logSoftmax(scores)).map(Math::exp).toArray();
  }

  /** x_i - max - ln Σ e^(x_j - max); -Infinity for a row of nothing but -Infinity. */
  public static double[] logSoftmax(double[] scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      max = Math.max(max, score);
    }
    double[] out = new double[scores.length];
    if (max == Double.NEGATIVE_INFINITY) {
      Arrays.fill(out, max);
      return out;
    }
    double sum = 0;
    for (double score : scores) {
      sum += Math.exp(score - max);
    }
    for (int i = 0; i < scores.length; i++) {
      out[i] = scores[i] - max - Math.log(sum);
    }
    return out;
  }
}
