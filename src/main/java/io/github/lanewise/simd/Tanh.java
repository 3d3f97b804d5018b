package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * tanh for a vector of floats, as m / (m + 2) with m = e^(2x) - 1.
 *
 * <p>e^(2x) is reduced as in {@link Exp}: 2^n·(1 + q) with q a polynomial without constant term, so
 * that m = 2^n·q + (2^n - 1) keeps its relative accuracy where x is small. The remarks there on
 * C2's limits hold here.
 */
public final class Tanh {
  /** tanh is 1 in f32 from here on. */
  private static final float HIGHEST = 10f;

  private static final FloatVector TWO_LOG2_E = splat(2.88539f);
  private static final FloatVector MINUS_HALF_LN2_HIGH = splat(-0x1.62e4p-2f);
  private static final FloatVector MINUS_HALF_LN2_LOW = splat(-0x1.7f7d1cp-21f);
  private static final FloatVector ROUND_BIASED = splat(0x1.8p23f + 127);
  private static final FloatVector ONE = splat(1f);

  // e^(2r) - 1 = r·(2 + r·(…)): the coefficients of Exp times powers of 2, which are exact.
  private static final FloatVector C1 = splat(2f);
  private static final FloatVector C2 = splat(4 * 0.49999994f);
  private static final FloatVector C3 = splat(8 * 0.1666652f);
  private static final FloatVector C4 = splat(16 * 0.041668396f);
  private static final FloatVector C5 = splat(32 * 0.0083687855f);
  private static final FloatVector C6 = splat(64 * 0.0013814456f);

  private Tanh() {}

  /** tanh x, at most 8u relative (u = 2⁻²⁴) where x is a normal float; NaN for NaN. */
  public static FloatVector tanh(FloatVector x) {
    FloatVector a = x.blend(HIGHEST, x.compare(VectorOperators.GT, HIGHEST));
    FloatVector b = a.blend(-HIGHEST, a.compare(VectorOperators.LT, -HIGHEST));
    FloatVector k = b.fma(TWO_LOG2_E, ROUND_BIASED);
    FloatVector n = k.sub(ROUND_BIASED);
    FloatVector r = n.fma(MINUS_HALF_LN2_LOW, n.fma(MINUS_HALF_LN2_HIGH, b));
    FloatVector p = r.fma(C6, C5);
    p = p.fma(r, C4);
    p = p.fma(r, C3);
    p = p.fma(r, C2);
    p = p.fma(r, C1).mul(r);
    IntVector bits = k.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector power = bits.reinterpretAsFloats();
    FloatVector m = power.fma(p, power.sub(ONE));
    return m.div(m.add(C1));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
