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
 * GELU's tanh approximation (Hendrycks and Gimpel 2016), x/2·(1 + tanh u) with u = √(2/π)·(x +
 * 0.044715·x³), computed as x / (1 + e^(-2u)).
 *
 * <p>Error at most (8 + 8|u|)·u₀ relative, u₀ = 2⁻²⁴ (the rounding of u enters the exponent), plus
 * 1e-36 absolute; NaN for NaN, 0 for -Infinity.
 */
public final class GeluTanh {
  private static final float LOWEST = -16f;

  /** -2·√(2/π). */
  private static final FloatVector LINEAR = FloatVector.broadcast(FLOATS, -1.5957692f);

  /** The same times 0.044715. */
  private static final FloatVector CUBIC = FloatVector.broadcast(FLOATS, -0.071354814f);

  private GeluTanh() {}

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

  private static FloatVector apply(FloatVector x) {
    // The function is 0 in f32 from here on; at -Infinity the quotient would be NaN.
    FloatVector a = x.blend(LOWEST, x.compare(VectorOperators.LT, LOWEST));
    FloatVector factor = a.mul(a).fma(CUBIC, LINEAR);
    return a.div(Exp.exp(factor.mul(a)).add(1f));
  }
}
