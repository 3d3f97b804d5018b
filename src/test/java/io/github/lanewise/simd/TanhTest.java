package io.github.lanewise.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class TanhTest {
  private static final double U = 0x1p-24;

  private static float tanh(float x) {
    return Tanh.tanh(FloatVector.broadcast(Simd.FLOATS, x)).lane(0);
  }

  /** A few million floats of all magnitudes, both signs. */
  @Test
  void errorIsWithinTheStatedBound() {
    double worst = 0;
    int step = 0x4001;
    for (int bits = 0x00800000; bits < 0x7f800000 && bits > 0; bits += step) {
      float x = Float.intBitsToFloat(bits);
      double expected = Math.tanh(x);
      worst = Math.max(worst, Math.abs(tanh(x) - expected) / expected);
      assertEquals(-tanh(x), tanh(-x), 8 * U * expected);
    }
    assertTrue(worst <= 8 * U, "worst error is " + worst / U + " u");
  }

  @Test
  void extremes() {
    assertEquals(1f, tanh(Float.POSITIVE_INFINITY));
    assertEquals(-1f, tanh(Float.NEGATIVE_INFINITY));
    assertEquals(0f, tanh(0f));
    assertTrue(Float.isNaN(tanh(Float.NaN)));
    assertEquals(0f, tanh(Float.MIN_VALUE), 2 * Float.MIN_VALUE);
  }
}
