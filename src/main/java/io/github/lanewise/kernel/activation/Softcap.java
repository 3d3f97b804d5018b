package io.github.lanewise.kernel.activation;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Tanh;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * A bound for numbers that may grow: c·tanh(x / c) (Gemma 2). Error at most 12u relative, u = 2⁻²⁴,
 * plus 1e-37 absolute; NaN for NaN, ±c for ±Infinity.
 */
public final class Softcap {
  private Softcap() {}

  /** Applies the function to {@code n} contiguous floats; out may be x. */
  public static void row(float cap, long x, long out, int n) {
    int whole = FLOATS.loopBound(n);
    float factor = 1 / cap;
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      Tanh.tanh(FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER).mul(factor))
          .mul(cap)
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (whole < n) {
      long at = (long) whole * Float.BYTES;
      rest(cap, x + at, out + at, n - whole);
    }
  }

  /** The last elements, fewer than a vector: a method of its own, see {@link Tanh}. */
  private static void rest(float cap, long x, long out, int n) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, n);
    FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x, ORDER, mask);
    Tanh.tanh(v.mul(1 / cap)).mul(cap).intoMemorySegment(MEMORY, out, ORDER, mask);
  }
}
