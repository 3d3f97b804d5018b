package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The passes over rows longer than a vector. Each is a method of its own that C2 compiles alone,
 * see {@link io.github.lanewise.simd.Exp}.
 *
 * <p>While the exponentials of a row are computed, the maximum of the <em>next</em> row is taken:
 * its loads keep the memory busy, which would otherwise stand still, since exponentials of a row
 * that the first pass has left in the cache wait for nothing.
 */
final class RowPasses {
  private RowPasses() {}

  /** A sum and a maximum as one value, since a kernel must not allocate. */
  private static long pair(float sum, float max) {
    return (long) Float.floatToRawIntBits(sum) << 32 | (Float.floatToRawIntBits(max) & 0xffffffffL);
  }

  static float sumOf(long pair) {
    return Float.intBitsToFloat((int) (pair >> 32));
  }

  static float maxOf(long pair) {
    return Float.intBitsToFloat((int) pair);
  }

  /** The largest element; NaN elements may be passed over, the weights show them. */
  static float max(long x, int n) {
    FloatVector m0 = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector m1 = m0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER);
      // compare and blend: FloatVector.max costs three times as much for its rules on NaN and -0.
      m0 = x0.blend(m0, x0.compare(VectorOperators.LT, m0));
      m1 = x1.blend(m1, x1.compare(VectorOperators.LT, m1));
    }
    for (; i <= n - LANES; i += LANES) {
      FloatVector v =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, x + (long) i * Float.BYTES, ORDER);
      m0 = v.blend(m0, v.compare(VectorOperators.LT, m0));
    }
    // The last vector overlaps: a maximum may see an element twice.
    FloatVector last =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, x + (long) (n - LANES) * Float.BYTES, ORDER);
    m1 = last.blend(m1, last.compare(VectorOperators.LT, m1));
    m0 = m0.blend(m1, m0.compare(VectorOperators.LT, m1));
    return Lanes.max(m0);
  }

  /**
   * out = 2^((x - shift) · factor) for a multiple of the vector length.
   *
   * @return the sum of out, and the largest of {@code next}
   */
  static long weights(long x, long out, int n, float factor, float shift, long next) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector shifts = FloatVector.broadcast(FLOATS, shift);
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector ahead = FloatVector.fromMemorySegment(FLOATS, MEMORY, next + at, ORDER);
      max = ahead.blend(max, ahead.compare(VectorOperators.LT, max));
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER).sub(shifts);
      FloatVector e = Weight.of(d, factors);
      e.intoMemorySegment(MEMORY, out + at, ORDER);
      sum = e.add(sum);
    }
    return pair(Lanes.sum(sum), Lanes.max(max));
  }

  /** The same for fewer elements than a vector. */
  static long restOfWeights(long x, long out, int n, float factor, float shift, long next) {
    VectorMask<Float> rest = FLOATS.indexInRange(0, n);
    FloatVector ahead = FloatVector.fromMemorySegment(FLOATS, MEMORY, next, ORDER, rest);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, x, ORDER, rest).sub(shift);
    FloatVector e = Weight.of(d, FloatVector.broadcast(FLOATS, factor));
    e.intoMemorySegment(MEMORY, out, ORDER, rest);
    return pair(
        Lanes.sum(FloatVector.zero(FLOATS).blend(e, rest)),
        Lanes.max(ahead.blend(Float.NEGATIVE_INFINITY, rest.not())));
  }

  /** x = x · factor. */
  static void scale(long x, int n, float factor) {
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

  /** out = scale · (x - shift) - logarithm. */
  static void subtract(long x, long out, int n, float scale, float shift, float logarithm) {
    FloatVector factor = FloatVector.broadcast(FLOATS, scale);
    FloatVector minusLogarithm = FloatVector.broadcast(FLOATS, -logarithm);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .sub(shift)
          .fma(factor, minusLogarithm)
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .sub(shift)
          .fma(factor, minusLogarithm)
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }
}
