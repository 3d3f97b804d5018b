package io.github.lanewise.kernel.activation;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Exp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * GELU (Hendrycks and Gimpel 2016) in its exact form, x·Φ(x).
 *
 * <p>Φ(-z) = e^(-z²/2)·R(z) for z ≥ 0, with R a polynomial of degree 10 in 1 / (1 + z/4) (relative
 * error 4.2e-9) and z² in two parts, so that the far negative tail keeps its relative accuracy.
 * Error at most 12u·|x·Φ(x)| + 1e-38, u = 2⁻²⁴; NaN for NaN, 0 for -Infinity.
 */
public final class Gelu {
  private static final float LARGEST = 20f;

  // Vectors, not floats: see Exp.
  private static final FloatVector ONE = splat(1f);
  private static final FloatVector QUARTER = splat(0.25f);
  private static final FloatVector R0 = splat(-7.4197324e-6f);
  private static final FloatVector R1 = splat(0.099911176f);
  private static final FloatVector R2 = splat(0.09792776f);
  private static final FloatVector R3 = splat(0.10411783f);
  private static final FloatVector R4 = splat(0.041947745f);
  private static final FloatVector R5 = splat(0.15643053f);
  private static final FloatVector R6 = splat(-0.09644818f);
  private static final FloatVector R7 = splat(0.14221902f);
  private static final FloatVector R8 = splat(-0.024083838f);
  private static final FloatVector R9 = splat(-0.033678606f);
  private static final FloatVector R10 = splat(0.011663996f);

  private Gelu() {}

  /** Applies the function to {@code n} contiguous floats; out may be x. */
  public static void row(long x, long out, int n) {
    int whole = FLOATS.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      apply(FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (whole < n) {
      long at = (long) whole * Float.BYTES;
      rest(x + at, out + at, n - whole);
    }
  }

  /** The last elements, fewer than a vector: a method of its own, see {@link Exp}. */
  private static void rest(long x, long out, int n) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, n);
    apply(FloatVector.fromMemorySegment(FLOATS, MEMORY, x, ORDER, mask))
        .intoMemorySegment(MEMORY, out, ORDER, mask);
  }

  /** max(x, 0) - z·Φ(-z) with z = |x|, which is x·Φ(x) on both sides. */
  private static FloatVector apply(FloatVector x) {
    FloatVector size = x.abs();
    // z·Φ(-z) is 0 in f32 from here on; an infinite z would make the split of z² NaN.
    FloatVector z = size.blend(LARGEST, size.compare(VectorOperators.GT, LARGEST));
    FloatVector minusZ = z.neg();
    FloatVector half = minusZ.mul(0.5f);
    FloatVector high = half.mul(z);
    FloatVector low = half.fma(z, high.neg());
    FloatVector e = Exp.expOfNonPositive(high);
    FloatVector density = e.fma(low, e).mul(minusZ);
    FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
    return mills(z).fma(density, positive);
  }

  /** Φ(-z)·e^(z²/2), half of Mills' ratio times √(2/π). */
  private static FloatVector mills(FloatVector z) {
    FloatVector t = ONE.div(z.fma(QUARTER, ONE));
    FloatVector p = t.fma(R10, R9);
    p = p.fma(t, R8);
    p = p.fma(t, R7);
    p = p.fma(t, R6);
    p = p.fma(t, R5);
    p = p.fma(t, R4);
    p = p.fma(t, R3);
    p = p.fma(t, R2);
    p = p.fma(t, R1);
    return p.fma(t, R0);
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
