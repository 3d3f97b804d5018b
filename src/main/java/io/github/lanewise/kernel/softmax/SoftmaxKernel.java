package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.LANES;

/**
 * Softmax of rows, and its logarithm.
 *
 * <p>A row of nothing but -Infinity gives zeros (logarithm: -Infinity); a NaN or +Infinity in a row
 * gives NaN everywhere in it. A row's bits depend on the row alone.
 */
public final class SoftmaxKernel {
  private SoftmaxKernel() {}

  /** Bytes of working memory that {@link #rows} needs for rows of {@code n} floats. */
  public static long scratchBytes(int n) {
    return LongRows.scratchBytes(n);
  }

  /**
   * Whether {@link #rows} takes this scale; any other goes into the scores first, see {@link
   * Scores}.
   */
  public static boolean takes(float scale) {
    return scale > 0x1p-100f && scale < 0x1p100f;
  }

  /**
   * out = softmax(scale · x), or its logarithm, for {@code rows} rows of {@code n} floats; out may
   * be x.
   *
   * @param ldx bytes from row to row of x
   * @param ldo bytes from row to row of out
   * @param scale one that {@link #takes} accepts
   * @param scratch {@link #scratchBytes} of working memory
   */
  public static void rows(
      long x,
      long ldx,
      long out,
      long ldo,
      int rows,
      int n,
      float scale,
      boolean logarithm,
      long scratch) {
    if (n == 0 || rows == 0) {
      return;
    }
    if (n <= LANES) {
      shortRows(x, ldx, out, ldo, rows, n, scale, logarithm);
    } else {
      LongRows.rows(x, ldx, out, ldo, rows, n, scale, logarithm, scratch);
    }
  }

  private static void shortRows(
      long x, long ldx, long out, long ldo, int rows, int n, float scale, boolean logarithm) {
    if (ldx == ldo && ldx == (long) n * Float.BYTES) {
      ShortRows.endToEnd(x, out, rows, n, scale, logarithm);
      return;
    }
    for (int row = 0; row < rows; row++) {
      ShortRows.endToEnd(x + row * ldx, out + row * ldo, 1, n, scale, logarithm);
    }
  }
}
