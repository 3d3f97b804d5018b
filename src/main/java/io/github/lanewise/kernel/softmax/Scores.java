package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Scaled and masked scores, before their softmax. */
public final class Scores {
  private static final FloatVector HIDDEN = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);

  private Scores() {}

  /**
   * out = scale · x + mask, rounded once, for {@code n} floats each; out may be x. Where the mask
   * is -Infinity so is the score, whatever x is.
   */
  public static void masked(long x, long mask, long out, int n, float scale) {
    FloatVector factor = FloatVector.broadcast(FLOATS, scale);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, MEMORY, mask + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .fma(factor, m)
          .blend(HIDDEN, m.compare(VectorOperators.EQ, HIDDEN))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, MEMORY, mask + at, ORDER, rest);
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .fma(factor, m)
          .blend(HIDDEN, m.compare(VectorOperators.EQ, HIDDEN))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = scale · x for {@code n} floats each; out may be x. */
  public static void scaled(long x, long out, int n, float scale) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .mul(scale)
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .mul(scale)
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** Sets {@code n} floats. */
  public static void fill(long out, int n, float value) {
    FloatVector v = FloatVector.broadcast(FLOATS, value);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      v.intoMemorySegment(MEMORY, out + (long) i * Float.BYTES, ORDER);
    }
    if (i < n) {
      v.intoMemorySegment(MEMORY, out + (long) i * Float.BYTES, ORDER, FLOATS.indexInRange(i, n));
    }
  }
}
