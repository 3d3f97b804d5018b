package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The weight of a score: 2^(d · factor), d ≤ 0 the distance from the largest score.
 *
 * <p>n = round(d · factor), then a polynomial of degree 5 for 2^(d · factor - n), whose argument is
 * rounded once however large d is: relative error at most 4u, u = 2⁻²⁴, of which 1.55u are the
 * polynomial's (a weighted least-squares fit, iterated towards minimax, constant term 1), and |d ·
 * factor|·ln 2 times that of factor. 0 below 2⁻¹²⁶, NaN for NaN, exactly 1 for d = 0.
 */
final class Weight {
  /** Adding 1.5·2^23 + 127 rounds to an integer n, and leaves n + 127 in the low bits. */
  private static final FloatVector ROUND = splat(0x1.8p23f + 127);

  /** What is below ends below the normal floats. */
  private static final FloatVector LOWEST = splat(0x1.8p23f + 1);

  // Vectors, not floats: a constant vector costs C2 a few nodes, a broadcast costs it hundreds.
  private static final FloatVector ZERO = splat(0);
  private static final FloatVector ONE = splat(1);
  private static final FloatVector C1 = splat(0.693147f);
  private static final FloatVector C2 = splat(0.24022242f);
  private static final FloatVector C3 = splat(0.055507336f);
  private static final FloatVector C4 = splat(0.009671513f);
  private static final FloatVector C5 = splat(0.0013264724f);

  private static final double LOG2_E = 1.4426950408889634;

  private Weight() {}

  /** The factor for e^(scale · d). */
  static float factor(float scale) {
    return (float) (scale * LOG2_E);
  }

  /** 2^(d · factor). C2 must inline it, see {@link io.github.lanewise.simd.JitDirectives}. */
  static FloatVector of(FloatVector d, FloatVector factor) {
    FloatVector k = d.fma(factor, ROUND);
    FloatVector f = d.fma(factor, ROUND.sub(k));
    FloatVector p = f.fma(C5, C4);
    p = p.fma(f, C3);
    p = p.fma(f, C2);
    p = p.fma(f, C1);
    p = p.fma(f, ONE);
    // Times 2^n, not an integer add to the exponent: that could turn a NaN into a number.
    IntVector power = k.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.mul(power.reinterpretAsFloats()).blend(ZERO, k.compare(VectorOperators.LT, LOWEST));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
