package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Matrix;

/**
 * The definition of linear attention with the feature map φ(x) = elu(x) + 1 (Katharopoulos et al.
 * 2020), of one sequence, in double precision: query i gives key j the weight φ(q)·φ(k).
 */
public final class LinearAttentionReference {
  private LinearAttentionReference() {}

  /**
   * The output, {@code [queries][numHeads * valueDim]}; zeros where a query sees no key. Causal is
   * aligned bottom-right.
   */
  public static double[][] attend(
      Matrix q, Matrix k, Matrix v, int numHeads, int numKvHeads, boolean causal) {
    int headDim = q.columns() / numHeads;
    int valueDim = v.columns() / numKvHeads;
    double[][] out = new double[q.rows()][numHeads * valueDim];
    for (int head = 0; head < numHeads; head++) {
      int kvHead = head / (numHeads / numKvHeads);
      for (int i = 0; i < q.rows(); i++) {
        int seen = causal ? Math.clamp(i + 1L + k.rows() - q.rows(), 0, k.rows()) : k.rows();
        double[] sum = new double[valueDim];
        double all = 0;
        for (int j = 0; j < seen; j++) {
          double weight = 0;
          for (int d = 0; d < headDim; d++) {
            weight +=
                feature(q.get(i, head * headDim + d)) * feature(k.get(j, kvHead * headDim + d));
          }
          all += weight;
          for (int d = 0; d < valueDim; d++) {
            sum[d] += weight * v.get(j, kvHead * valueDim + d);
          }
        }
        for (int d = 0; d < valueDim && seen > 0; d++) {
          out[i][head * valueDim + d] = sum[d] / all;
        }
      }
    }
    return out;
  }

  private static double feature(double x) {
    return x > 0 ? x + 1 : Math.exp(x);
  }
}
