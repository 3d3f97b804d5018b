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
 * SiLU, also called swish: x / (1 + e^(-x)). Error at most 6u relative, u = 2⁻²⁴, plus 3e-37
 * absolute (below -88.7 the result is 0); NaN for NaN, 0 for -Infinity.
 */
public final class Silu {
  private static final float LOWEST = -110f;

  private Silu() {}

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
    return a.div(Exp.exp(a.neg()).add(1f));
  }
}
