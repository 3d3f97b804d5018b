package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;

/**
 * The accuracy criterion of FlashAttention (Dao et al. 2022), for whole models: against a
 * double-precision reference, our largest error is at most twice that of a plain program in the
 * same precision. An element whose weights, mask or position is wrong is off by a part of its size,
 * a million times as much.
 */
public final class Deviation {
  private Deviation() {}

  /** Fails if the largest error is above twice that of a plain program. */
  public static void assertAsGoodAsPlainFloat(
      double[][] expected, double[][] plainFloat, Matrix actual, String where) {
    double ours = 0;
    double plain = 0;
    for (int r = 0; r < expected.length; r++) {
      for (int c = 0; c < expected[r].length; c++) {
        double error = Math.abs(actual.get(r, c) - expected[r][c]);
        assertTrue(Double.isFinite(error), where + ": not finite at (" + r + ", " + c + ")");
        ours = Math.max(ours, error);
        plain = Math.max(plain, Math.abs(plainFloat[r][c] - expected[r][c]));
      }
    }
    double bound = 2 * plain;
    String message = where + ": largest error " + ours + ", of plain f32 " + plain;
    assertTrue(plain > 0 && plain < 1e-3, message);
    assertTrue(ours <= bound, message);
  }
}
