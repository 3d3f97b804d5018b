package io.github.lanewise.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;

/** Error bounds that follow from the number of roundings, and comparisons that name the element. */
public final class Bounds {
  /** Unit roundoff of f32: half the distance from 1 to the next float. */
  public static final double U = 0x1p-24;

  private Bounds() {}

  /**
   * γ(n) = n·u/(1 - n·u): the relative error that n roundings in a row add up to at most (Higham,
   * section 3.1).
   */
  public static double gamma(long n) {
    return n * U / (1 - n * U);
  }

  /** Fails unless {@code |actual - expected| <= bound}; NaN only where NaN is expected. */
  public static void assertClose(double expected, float actual, double bound, String where) {
    if (Double.isNaN(expected)) {
      assertTrue(Float.isNaN(actual), () -> where + ": expected NaN, was " + actual);
    } else if (Double.isInfinite(expected)) {
      assertEquals((float) expected, actual, where);
    } else {
      assertTrue(
          Math.abs(actual - expected) <= bound,
          () -> where + ": expected " + expected + " +- " + bound + ", was " + actual);
    }
  }

  /** Fails unless two matrices hold the same bits. */
  public static void assertSameBits(Matrix expected, Matrix actual) {
    assertEquals(expected.rows(), actual.rows(), "rows");
    assertEquals(expected.columns(), actual.columns(), "columns");
    for (int r = 0; r < expected.rows(); r++) {
      for (int c = 0; c < expected.columns(); c++) {
        int row = r;
        int column = c;
        assertEquals(
            Float.floatToRawIntBits(expected.get(r, c)),
            Float.floatToRawIntBits(actual.get(r, c)),
            () -> "(" + row + ", " + column + ")");
      }
    }
  }

  /**
   * Fails unless two matrices differ by at most {@code relative} times the largest magnitude of the
   * row: the agreement of results that were summed in different orders.
   */
  public static void assertRowsClose(Matrix expected, Matrix actual, double relative) {
    assertEquals(expected.rows(), actual.rows(), "rows");
    for (int r = 0; r < expected.rows(); r++) {
      double largest = 0;
      for (int c = 0; c < expected.columns(); c++) {
        largest = Math.max(largest, Math.abs(expected.get(r, c)));
      }
      for (int c = 0; c < expected.columns(); c++) {
        String where = "(" + r + ", " + c + ")";
        assertClose(expected.get(r, c), actual.get(r, c), relative * largest, where);
      }
    }
  }
}
