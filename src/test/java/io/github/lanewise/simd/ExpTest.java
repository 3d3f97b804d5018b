package io.github.lanewise.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExpTest {
  private static final double MAX_ULP = 2;
  private static final int BLOCK = 1024;

  /**
   * Bit patterns from +0 up to 90, and the same with the sign set: beyond, e^x is 0 or infinite.
   */
  private static final int LAST = Float.floatToIntBits(110f);

  @Test
  void everyHundredthFloatIsWithinTwoUlp() {
    assertTrue(worstUlp(101) <= MAX_ULP);
  }

  @Test
  @Tag("slow")
  void everyFloatIsWithinTwoUlp() {
    assertTrue(worstUlp(1) <= MAX_ULP);
  }

  @Test
  void specialValues() {
    assertEquals(1f, exp(0f));
    assertEquals(1f, exp(-0f));
    assertEquals(0f, exp(Float.NEGATIVE_INFINITY));
    assertEquals(0f, exp(-Float.MAX_VALUE));
    assertEquals(Float.POSITIVE_INFINITY, exp(Float.POSITIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, exp(Float.MAX_VALUE));
    assertEquals(Float.MIN_VALUE, exp(-103.5f));
    assertEquals(1f, exp(Float.MIN_VALUE));
    for (int payload : new int[] {0x7fc00000, 0x7fc00001, 0x7f800001, 0xffffffff, 0x7fffffff}) {
      assertTrue(Float.isNaN(exp(Float.intBitsToFloat(payload))));
    }
  }

  @Test
  void theExponentialOfNonPositivesIsWithinTwoUlpOrZero() {
    assertTrue(worstOfNonPositive(101) <= MAX_ULP);
    assertEquals(1f, expOfNonPositive(0f));
    assertEquals(1f, expOfNonPositive(-0f));
    assertEquals(0f, expOfNonPositive(Float.NEGATIVE_INFINITY));
    assertEquals(0f, expOfNonPositive(-Float.MAX_VALUE));
    assertEquals(0f, expOfNonPositive(-88f));
    assertTrue(Float.isNaN(expOfNonPositive(Float.NaN)));
  }

  @Test
  @Tag("slow")
  void everyExponentialOfNonPositivesIsWithinTwoUlpOrZero() {
    assertTrue(worstOfNonPositive(1) <= MAX_ULP);
  }

  private static double worstOfNonPositive(int stride) {
    int chunks = 512;
    return IntStream.range(0, chunks)
        .parallel()
        .mapToDouble(
            chunk -> {
              int from = (int) ((long) LAST * chunk / chunks);
              int to = (int) ((long) LAST * (chunk + 1) / chunks);
              return worstOfNonPositive(from, to, stride);
            })
        .max()
        .orElseThrow();
  }

  private static double worstOfNonPositive(int from, int to, int stride) {
    double worst = 0;
    float[] x = new float[BLOCK];
    float[] y = new float[BLOCK];
    for (long bits = from; bits < to; bits += (long) stride * BLOCK) {
      for (int i = 0; i < BLOCK; i++) {
        x[i] = Float.intBitsToFloat((int) Math.min(bits + (long) i * stride, LAST) | 1 << 31);
      }
      expOfNonPositive(x, y);
      for (int i = 0; i < BLOCK; i++) {
        double exact = Math.exp(x[i]);
        worst = Math.max(worst, exact < Float.MIN_NORMAL && y[i] == 0 ? 0 : ulpError(exact, y[i]));
      }
    }
    return worst;
  }

  private static void expOfNonPositive(float[] x, float[] y) {
    for (int i = 0; i < BLOCK; i += Simd.LANES) {
      Exp.expOfNonPositive(FloatVector.fromArray(Simd.FLOATS, x, i)).intoArray(y, i);
    }
  }

  private static float expOfNonPositive(float x) {
    return Exp.expOfNonPositive(FloatVector.broadcast(Simd.FLOATS, x)).lane(0);
  }

  private static double worstUlp(int stride) {
    int chunks = 512;
    return IntStream.range(0, chunks)
        .parallel()
        .mapToDouble(
            chunk -> {
              int from = (int) ((long) LAST * chunk / chunks);
              int to = (int) ((long) LAST * (chunk + 1) / chunks);
              return Math.max(worstUlp(from, to, stride, 0), worstUlp(from, to, stride, 1 << 31));
            })
        .max()
        .orElseThrow();
  }

  private static double worstUlp(int from, int to, int stride, int sign) {
    double worst = 0;
    float[] x = new float[BLOCK];
    float[] y = new float[BLOCK];
    for (long bits = from; bits < to; bits += (long) stride * BLOCK) {
      for (int i = 0; i < BLOCK; i++) {
        x[i] = Float.intBitsToFloat((int) Math.min(bits + (long) i * stride, LAST) | sign);
      }
      exp(x, y);
      for (int i = 0; i < BLOCK; i++) {
        worst = Math.max(worst, ulpError(Math.exp(x[i]), y[i]));
      }
    }
    return worst;
  }

  private static void exp(float[] x, float[] y) {
    for (int i = 0; i < BLOCK; i += Simd.LANES) {
      Exp.exp(FloatVector.fromArray(Simd.FLOATS, x, i)).intoArray(y, i);
    }
  }

  /**
   * Distance in units of the last place of the rounded result; infinite where one overflows and the
   * other must not.
   */
  private static double ulpError(double exact, float actual) {
    float rounded = (float) exact;
    if (Float.isInfinite(rounded) || Float.isInfinite(actual)) {
      // One unit beyond the largest float is as far as an overflow may differ.
      return rounded == actual || exact > Float.MAX_VALUE * (1 - 0x1p-23)
          ? 0
          : Double.POSITIVE_INFINITY;
    }
    return Math.abs(actual - exact) / Math.ulp(rounded);
  }

  private static float exp(float x) {
    return Exp.exp(FloatVector.broadcast(Simd.FLOATS, x)).lane(Simd.LANES - 1);
  }
}
