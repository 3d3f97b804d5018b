package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Matrix;

/** The definition of the matrix product, in double precision. */
public final class GemmReference {
  private GemmReference() {}

  /** A·Wᵀ: {@code [m][n]} from A {@code [m, k]} and W {@code [n, k]}. */
  public static double[][] multiply(Matrix a, Matrix w) {
    double[][] c = new double[a.rows()][w.rows()];
    for (int i = 0; i < a.rows(); i++) {
      for (int j = 0; j < w.rows(); j++) {
        for (int p = 0; p < a.columns(); p++) {
          c[i][j] += (double) a.get(i, p) * w.get(j, p);
        }
      }
    }
    return c;
  }

  /** |A|·|W|ᵀ: what the rounding error of {@link #multiply} is measured against. */
  public static double[][] multiplyMagnitudes(Matrix a, Matrix w) {
    double[][] c = new double[a.rows()][w.rows()];
    for (int i = 0; i < a.rows(); i++) {
      for (int j = 0; j < w.rows(); j++) {
        for (int p = 0; p < a.columns(); p++) {
          c[i][j] += Math.abs((double) a.get(i, p) * w.get(j, p));
        }
      }
    }
    return c;
  }
}
