package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * e^x for a vector of floats.
 *
 * <p>Reduction to r in [-ln 2 / 2, ln 2 / 2] with ln 2 in two parts (Cody and Waite 1980), then a
 * polynomial of degree 6 (relative error 3.1e-9) and a power of two.
 *
 * <p>The bodies stay below C2's limit for inlining a frequent call (325 bytecodes); {@link
 * JitDirectives} also asks for it. Use one of them once in a method: each brings some 3,000 nodes,
 * and past 18,000 (NodeCountInliningCutoff) C2 leaves the rest as boxed calls, six times slower.
 */
public final class Exp {
  private static final float HIGHEST = 89f;
  private static final float LOWEST = -104f;

  /** The lowest float whose exponential is a normal float. */
  private static final float LOWEST_NORMAL = -87.33654f;

  // Vectors, not floats: a constant vector costs C2 a few nodes, a broadcast costs it hundreds.
  private static final FloatVector LOG2_E = splat(1.442695f);
  private static final FloatVector MINUS_LN2_HIGH = splat(-0x1.62e4p-1f);
  private static final FloatVector MINUS_LN2_LOW = splat(-0x1.7f7d1cp-20f);

  /** Adding 1.5·2^23 + b rounds to an integer n, and leaves n + b in the low bits. */
  private static final FloatVector ROUND_BIASED = splat(0x1.8p23f + 127);

  private static final FloatVector ROUND_BIASED_TWICE = splat(0x1.8p23f + 2 * 127);

  private static final FloatVector ONE = splat(1f);
  private static final FloatVector C2 = splat(0.49999994f);
  private static final FloatVector C3 = splat(0.1666652f);
  private static final FloatVector C4 = splat(0.041668396f);
  private static final FloatVector C5 = splat(0.0083687855f);
  private static final FloatVector C6 = splat(0.0013814456f);

  private Exp() {}

  /**
   * e^x, at most 2 ulp over all floats (tested over every one of them): 0 below -104, subnormals
   * rounded once, +Infinity above 88.73, NaN for NaN, exactly 1 for 0.
   */
  public static FloatVector exp(FloatVector x) {
    FloatVector a = x.blend(HIGHEST, x.compare(VectorOperators.GT, HIGHEST));
    FloatVector b = a.blend(LOWEST, a.compare(VectorOperators.LT, LOWEST));
    FloatVector k = b.fma(LOG2_E, ROUND_BIASED_TWICE);
    FloatVector n = k.sub(ROUND_BIASED_TWICE);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, b));
    FloatVector p = r.fma(C6, C5);
    p = p.fma(r, C4);
    p = p.fma(r, C3);
    p = p.fma(r, C2);
    p = p.fma(r, ONE).fma(r, ONE);
    // 2^n may be no normal float, so n + 254 is split into two biased exponents.
    IntVector i = k.reinterpretAsInts();
    IntVector half = i.lanewise(VectorOperators.LSHR, 1);
    IntVector rest = i.sub(half).lanewise(VectorOperators.LSHL, 23);
    return p.mul(half.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
        .mul(rest.reinterpretAsFloats());
  }

  /**
   * e^x for x ≤ 0, as a softmax needs it: at most 2 ulp where the result is a normal float, 0 below
   * (x under -87.33654, -Infinity included), NaN for NaN. Two thirds of the work of {@link #exp}.
   */
  public static FloatVector expOfNonPositive(FloatVector x) {
    FloatVector k = x.fma(LOG2_E, ROUND_BIASED);
    FloatVector n = k.sub(ROUND_BIASED);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, x));
    FloatVector p = r.fma(C6, C5);
    p = p.fma(r, C4);
    p = p.fma(r, C3);
    p = p.fma(r, C2);
    p = p.fma(r, ONE).fma(r, ONE);
    IntVector power = k.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.mul(power.reinterpretAsFloats())
        .blend(0f, x.compare(VectorOperators.LT, LOWEST_NORMAL));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
