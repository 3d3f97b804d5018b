package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Exp;
import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Softmax of one row in three passes: the maximum, the exponentials and their sum, the division.
 *
 * <p>Each pass is a method of its own that C2 compiles alone, see {@link Exp}.
 */
public final class SoftmaxKernel {
  /**
   * Floats whose exponentials are summed in f32 before the sum goes on in double: a lane of the
   * narrowest vector then takes 256 additions, whatever the row's length. A multiple of all vector
   * lengths.
   */
  private static final int CHUNK = 1024;

  private SoftmaxKernel() {}

  /**
   * out = softmax(x), {@code n} contiguous floats each; out may be x. A row of nothing but
   * -Infinity gives zeros, a NaN or +Infinity anywhere gives NaN everywhere.
   */
  public static void row(long x, long out, int n) {
    if (n == 0) {
      return;
    }
    float max = max(x, n);
    // All hidden: (-inf) - (-inf) is NaN, so shift by 0 and let the exponentials be 0.
    float shift = max == Float.NEGATIVE_INFINITY ? 0 : max;
    int whole = FLOATS.loopBound(n);
    double sum = 0;
    for (int i = 0; i < whole; i += CHUNK) {
      long at = (long) i * Float.BYTES;
      sum += exponentials(x + at, out + at, Math.min(CHUNK, whole - i), shift);
    }
    if (whole < n) {
      long at = (long) whole * Float.BYTES;
      sum += restOfExponentials(x + at, out + at, n - whole, shift);
    }
    scale(out, n, sum == 0 ? 0 : (float) (1 / sum));
  }

  /** The largest element; NaN elements may be passed over, the exponentials show them. */
  private static float max(long x, int n) {
    FloatVector m0 = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    FloatVector m2 = m0;
    FloatVector m3 = m0;
    int i = 0;
    for (; i <= n - 4 * LANES; i += 4 * LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2L * BYTES, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3L * BYTES, ORDER);
      // compare and blend: FloatVector.max costs three times as much for its rules on NaN and -0.
      m0 = x0.blend(m0, x0.compare(VectorOperators.LT, m0));
      m1 = x1.blend(m1, x1.compare(VectorOperators.LT, m1));
      m2 = x2.blend(m2, x2.compare(VectorOperators.LT, m2));
      m3 = x3.blend(m3, x3.compare(VectorOperators.LT, m3));
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      FloatVector v =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, x + (long) i * Float.BYTES, ORDER, rest)
              .blend(Float.NEGATIVE_INFINITY, rest.not());
      m0 = v.blend(m0, v.compare(VectorOperators.LT, m0));
    }
    m0 = m0.blend(m1, m0.compare(VectorOperators.LT, m1));
    m2 = m2.blend(m3, m2.compare(VectorOperators.LT, m3));
    m0 = m0.blend(m2, m0.compare(VectorOperators.LT, m2));
    return m0.reduceLanes(VectorOperators.MAX);
  }

  /** out = e^(x - max) for a multiple of the vector length; returns the sum. */
  private static float exponentials(long x, long out, int n, float max) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector e =
          Exp.expOfNonPositive(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER).sub(max));
      e.intoMemorySegment(MEMORY, out + at, ORDER);
      sum = e.add(sum);
    }
    return Lanes.sum(sum);
  }

  /** The same for fewer elements than a vector. */
  private static float restOfExponentials(long x, long out, int n, float max) {
    VectorMask<Float> rest = FLOATS.indexInRange(0, n);
    FloatVector e =
        Exp.expOfNonPositive(
            FloatVector.fromMemorySegment(FLOATS, MEMORY, x, ORDER, rest).sub(max));
    e.intoMemorySegment(MEMORY, out, ORDER, rest);
    return Lanes.sum(FloatVector.zero(FLOATS).blend(e, rest));
  }

  private static void scale(long x, int n, float factor) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
          .mul(factor)
          .intoMemorySegment(MEMORY, at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest)
          .mul(factor)
          .intoMemorySegment(MEMORY, at, ORDER, rest);
    }
  }
}
