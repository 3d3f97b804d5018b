package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Matrix;

/**
 * The definition of scaled dot-product attention (Vaswani et al. 2017, section 3.2.1), in double
 * precision.
 */
public final class AttentionReference {
  private AttentionReference() {}

  /**
   * Attention of one sequence.
   *
   * @param q {@code [queries, numHeads * headDim]}
   * @param k {@code [keys, numKvHeads * headDim]}
   * @param v {@code [keys, numKvHeads * headDim]}
   * @param causal whether query i sees only keys up to {@code i + keys - queries}
   * @return {@code [queries][numHeads * headDim]}; zeros where a query sees no key
   */
  public static double[][] attend(
      Matrix q,
      Matrix k,
      Matrix v,
      int numHeads,
      int numKvHeads,
      int headDim,
      boolean causal,
      double scale) {
    double[][] out = new double[q.rows()][numHeads * headDim];
    for (int head = 0; head < numHeads; head++) {
      int kvColumn = head / (numHeads / numKvHeads) * headDim;
      for (int i = 0; i < q.rows(); i++) {
        int seen = causal ? Math.clamp(i + 1L + k.rows() - q.rows(), 0, k.rows()) : k.rows();
        double[] weights = weights(q, k, i, head * headDim, kvColumn, headDim, seen, scale);
        for (int j = 0; j < seen; j++) {
          for (int d = 0; d < headDim; d++) {
            out[i][head * headDim + d] += weights[j] * v.get(j, kvColumn + d);
          }
        }
      }
    }
    return out;
  }

  private static double[] weights(
      Matrix q, Matrix k, int row, int qColumn, int kColumn, int headDim, int seen, double scale) {
    double[] weights = new double[seen];
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < seen; j++) {
      for (int d = 0; d < headDim; d++) {
        weights[j] += (double) q.get(row, qColumn + d) * k.get(j, kColumn + d);
      }
      weights[j] *= scale;
      max = Math.max(max, weights[j]);
    }
    double sum = 0;
    for (int j = 0; j < seen; j++) {
      weights[j] = Math.exp(weights[j] - max);
      sum += weights[j];
    }
    for (int j = 0; j < seen; j++) {
      weights[j] /= sum;
    }
    return weights;
  }
}
