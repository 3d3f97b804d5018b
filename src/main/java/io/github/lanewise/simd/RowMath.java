package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Arithmetic on rows: n contiguous floats at raw addresses. The output may be an input; nothing
 * outside the rows is touched.
 */
public final class RowMath {
  private RowMath() {}

  /** out = x + y. */
  public static void add(long x, long y, long out, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER);
      v.add(FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest);
      v.add(FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER, rest))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = x · y. */
  public static void multiply(long x, long y, long out, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER);
      v.mul(FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest);
      v.mul(FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER, rest))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = x + factor · y, rounded once. */
  public static void addScaled(long x, float factor, long y, long out, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER);
      v.fma(
              FloatVector.broadcast(FLOATS, factor),
              FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, MEMORY, y + at, ORDER, rest);
      v.fma(
              FloatVector.broadcast(FLOATS, factor),
              FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = factor · x. */
  public static void scale(float factor, long x, long out, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .mul(FloatVector.broadcast(FLOATS, factor))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .mul(FloatVector.broadcast(FLOATS, factor))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = x. */
  public static void copy(long x, long out, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = value. */
  public static void fill(float value, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector.broadcast(FLOATS, value)
          .intoMemorySegment(
              MEMORY, out + (long) i * Float.BYTES, ORDER, FLOATS.indexInRange(i, n));
    }
  }
}
