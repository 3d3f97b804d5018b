package io.github.lanewise.kernel.pooling;

/** The definition of mean pooling, in double precision. */
public final class PoolingReference {
  private PoolingReference() {}

  /** The mean of {@code rows}, at least one. */
  public static double[] mean(float[][] rows) {
    double[] mean = new double[rows[0].length];
    for (float[] row : rows) {
      for (int c = 0; c < mean.length; c++) {
        mean[c] += row[c];
      }
    }
    for (int c = 0; c < mean.length; c++) {
      mean[c] /= rows.length;
    }
    return mean;
  }
}
