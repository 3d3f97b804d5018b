package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.testing.RawFloats.get;
import static io.github.lanewise.testing.RawFloats.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/** Powers of two, and the online softmax of one vector of lanes. */
class ScoreLanesTest {
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  /** The error of the polynomial, and one and a half roundings of a result of up to 2^(1/2). */
  private static final double POWER_ERROR = 9.2e-8 + 1.5 * 0x1p-24;

  private static float power(float t) {
    return ScoreLanes.powerOfTwo(FloatVector.broadcast(FLOATS, t)).lane(0);
  }

  @Test
  void powersOfTwo() {
    for (float t = -126; t < 127; t += 0.0137f) {
      assertEquals(1, power(t) / Math.pow(2, t), POWER_ERROR, "2^" + t);
    }
  }

  @Test
  void endsOfTheRange() {
    for (int n = -126; n < 128; n++) {
      assertEquals(Math.scalb(1f, n), power(n), "2^" + n);
    }
    for (float t : new float[] {-126.1f, -1e4f, -1e30f, -Float.MAX_VALUE, -INFINITY}) {
      assertEquals(0f, power(t), "2^" + t);
    }
    assertTrue(Float.isNaN(power(Float.NaN)));
    assertTrue(Float.isNaN(power(Float.intBitsToFloat(0xffc00000))));
  }

  @Test
  void anyNumberOfKeys() {
    for (int count : new int[] {0, 1, 2, 3, 4, 5, 7, 8, 127, 128, 192}) {
      assertSoftmax(count, -INFINITY);
      assertSoftmax(count, -100f);
      assertSoftmax(count, 1f);
    }
  }

  /** Scores between -2 and 2, after keys that had {@code before} as their maximum and 1 as sum. */
  private static void assertSoftmax(int count, float before) {
    try (Arena arena = Arena.ofConfined()) {
      int row = 3 * LANES;
      long scores = arena.allocate(4L * row * (count + 1), 64).address();
      long max = arena.allocate(4L * LANES, 64).address();
      long sum = arena.allocate(4L * LANES, 64).address();
      long factor = arena.allocate(4L * LANES, 64).address();
      for (int i = 0; i < row * count; i++) {
        set(scores, i, score(i));
      }
      for (int lane = 0; lane < LANES; lane++) {
        set(max, lane, before);
        set(sum, lane, before == -INFINITY ? 0 : 1);
      }
      boolean changed = ScoreLanes.softmax(scores, 4L * row, count, max, sum, factor);
      assertEquals(count > 0 && before < -50, changed);
      for (int lane = 0; lane < LANES; lane++) {
        float m = get(max, lane);
        double expected = before == -INFINITY ? 0 : Math.pow(2, (double) before - m);
        for (int j = 0; j < count; j++) {
          double weight = Math.pow(2, (double) score(j * row + lane) - m);
          // The exponent is rounded, too: at most 4, so by 2^-22 of it, times ln 2.
          assertEquals(weight, get(scores, j * row + lane), weight * (POWER_ERROR + 0x1p-22));
          assertEquals(score(j * row + lane + LANES), get(scores, j * row + lane + LANES));
          expected += weight;
        }
        assertEquals(expected, get(sum, lane), expected * (count + 8) * 0x1p-24);
        assertFalse(count > 0 && Float.isInfinite(m));
      }
    }
  }

  private static float score(int i) {
    return 2 * (float) Math.sin(i);
  }
}
