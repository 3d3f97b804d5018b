package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.INTS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of stored numbers, widened to floats and padded with zeros to whole vectors. Exact: every
 * bfloat16 and binary16 is a float.
 *
 * <p>16-bit numbers are read two to an int and leave as two vectors, the even ones and the odd
 * ones: separating them costs a shift and a mask, interleaving them would cost several shuffles. So
 * a widened 16-bit row is <em>in planes</em>: element e lies at {@link #plane}. A dot product does
 * not mind, provided the other factor lies in planes too.
 */
public final class WideRows {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0xffff0000);

  /** Sign, exponent and fraction of a binary16 that was shifted to the place of a binary32's. */
  private static final IntVector F16_BITS = IntVector.broadcast(INTS, 0x8fffe000);

  private static final IntVector F32_EXPONENT = IntVector.broadcast(INTS, 0x7f800000);

  private static final FloatVector TOO_LARGE = FloatVector.broadcast(FLOATS, 0x1p16f);

  /** A binary16's exponent is biased by 15, a binary32's by 127. Exact for subnormals too. */
  private static final FloatVector F16_SCALE = FloatVector.broadcast(FLOATS, 0x1p112f);

  private WideRows() {}

  /** Floats that a 16-bit row of {@code n} takes in planes. */
  public static int planes(int n) {
    return (n + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
  }

  /** Where element {@code e} of a 16-bit row lies in planes. */
  public static int plane(int e) {
    int pair = e / 2;
    return pair / LANES * (2 * LANES) + e % 2 * LANES + pair % LANES;
  }

  /** Copies {@code n} floats, padded to whole vectors. */
  public static void f32(long source, int n, long target) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, source + at, ORDER)
          .intoMemorySegment(MEMORY, target + at, ORDER);
    }
    if (i < n) {
      long at = (long) i * Float.BYTES;
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      FloatVector.fromMemorySegment(FLOATS, MEMORY, source + at, ORDER, rest)
          .intoMemorySegment(MEMORY, target + at, ORDER);
    }
  }

  /** Widens {@code n} bfloat16, in planes. */
  public static void bf16(long source, int n, long target) {
    long from = source & ADDRESS;
    long to = target & ADDRESS;
    int whole = n - n % (2 * LANES);
    for (int i = 0; i < whole; i += 2 * LANES) {
      long at = i & 0xffffffffL;
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * at, ORDER);
      w.lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, to + 4 * at, ORDER);
      w.and(UPPER).reinterpretAsFloats().intoMemorySegment(MEMORY, to + 4 * at + BYTES, ORDER);
    }
    if (whole < n) {
      lastBf16(source, whole, n, target);
    }
  }

  private static void lastBf16(long source, int from, int n, long target) {
    long to = target + (long) from * Float.BYTES;
    IntVector w = lastPairs(source, from, n);
    w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoMemorySegment(MEMORY, to, ORDER);
    w.and(UPPER).reinterpretAsFloats().intoMemorySegment(MEMORY, to + BYTES, ORDER);
    if (n % 2 == 1) {
      short last = MEMORY.get(SHORT, source + (n - 1L) * Short.BYTES);
      MEMORY.set(FLOAT, place(target, n - 1), Float.intBitsToFloat(last << 16));
    }
  }

  /** Widens {@code n} binary16, in planes. */
  public static void f16(long source, int n, long target) {
    long from = source & ADDRESS;
    long to = target & ADDRESS;
    int whole = n - n % (2 * LANES);
    for (int i = 0; i < whole; i += 2 * LANES) {
      long at = i & 0xffffffffL;
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * at, ORDER);
      upperF16(w.lanewise(VectorOperators.LSHL, 16)).intoMemorySegment(MEMORY, to + 4 * at, ORDER);
      upperF16(w).intoMemorySegment(MEMORY, to + 4 * at + BYTES, ORDER);
    }
    if (whole < n) {
      lastF16(source, whole, n, target);
    }
  }

  private static void lastF16(long source, int from, int n, long target) {
    long to = target + (long) from * Float.BYTES;
    IntVector w = lastPairs(source, from, n);
    upperF16(w.lanewise(VectorOperators.LSHL, 16)).intoMemorySegment(MEMORY, to, ORDER);
    upperF16(w).intoMemorySegment(MEMORY, to + BYTES, ORDER);
    if (n % 2 == 1) {
      short last = MEMORY.get(SHORT, source + (n - 1L) * Short.BYTES);
      MEMORY.set(FLOAT, place(target, n - 1), Float.float16ToFloat(last));
    }
  }

  /** The whole pairs from element {@code from} on, fewer than a vector of them, and zeros. */
  private static IntVector lastPairs(long source, int from, int n) {
    VectorMask<Integer> rest = INTS.indexInRange(from / 2, n / 2);
    return IntVector.fromMemorySegment(INTS, MEMORY, source + 2L * from, ORDER, rest);
  }

  /** The floats whose binary16 stand in the upper halves. */
  static FloatVector upperF16(IntVector upper) {
    IntVector bits = upper.lanewise(VectorOperators.ASHR, 3).and(F16_BITS);
    FloatVector scaled = bits.reinterpretAsFloats().mul(F16_SCALE);
    // The largest exponent means infinity or NaN; scaled, it is the only one from 2^16 on.
    FloatVector notFinite = bits.or(F32_EXPONENT).reinterpretAsFloats();
    return scaled.blend(notFinite, scaled.abs().compare(VectorOperators.GE, TOO_LARGE));
  }

  /**
   * Widens four rows of {@code n} bfloat16, whole planes, to rows {@code stride} bytes apart. At
   * once, for a core reads four streams faster than one after the other.
   */
  public static void fourBf16(
      long row0, long row1, long row2, long row3, int n, long target, long stride) {
    long from0 = row0 & ADDRESS;
    long from1 = row1 & ADDRESS;
    long from2 = row2 & ADDRESS;
    long from3 = row3 & ADDRESS;
    long to0 = target & ADDRESS;
    long to1 = (target + stride) & ADDRESS;
    long to2 = (target + 2 * stride) & ADDRESS;
    long to3 = (target + 3 * stride) & ADDRESS;
    for (int i = 0; i < n; i += 2 * LANES) {
      long at = i & 0xffffffffL;
      IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, from0 + 2 * at, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, from1 + 2 * at, ORDER);
      IntVector w2 = IntVector.fromMemorySegment(INTS, MEMORY, from2 + 2 * at, ORDER);
      IntVector w3 = IntVector.fromMemorySegment(INTS, MEMORY, from3 + 2 * at, ORDER);
      w0.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(MEMORY, to0 + 4 * at, ORDER);
      w0.and(UPPER).intoMemorySegment(MEMORY, to0 + 4 * at + BYTES, ORDER);
      w1.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(MEMORY, to1 + 4 * at, ORDER);
      w1.and(UPPER).intoMemorySegment(MEMORY, to1 + 4 * at + BYTES, ORDER);
      w2.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(MEMORY, to2 + 4 * at, ORDER);
      w2.and(UPPER).intoMemorySegment(MEMORY, to2 + 4 * at + BYTES, ORDER);
      w3.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(MEMORY, to3 + 4 * at, ORDER);
      w3.and(UPPER).intoMemorySegment(MEMORY, to3 + 4 * at + BYTES, ORDER);
    }
  }

  /** The same of binary16, two and two: four would be more than C2 inlines into one method. */
  public static void fourF16(
      long row0, long row1, long row2, long row3, int n, long target, long stride) {
    twoF16(row0, row1, n, target, stride);
    twoF16(row2, row3, n, target + 2 * stride, stride);
  }

  private static void twoF16(long row0, long row1, int n, long target, long stride) {
    long from0 = row0 & ADDRESS;
    long from1 = row1 & ADDRESS;
    long to0 = target & ADDRESS;
    long to1 = (target + stride) & ADDRESS;
    for (int i = 0; i < n; i += 2 * LANES) {
      long at = i & 0xffffffffL;
      IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, from0 + 2 * at, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, from1 + 2 * at, ORDER);
      storeF16(w0, to0 + 4 * at);
      storeF16(w1, to1 + 4 * at);
    }
  }

  private static void storeF16(IntVector w, long to) {
    upperF16(w.lanewise(VectorOperators.LSHL, 16)).intoMemorySegment(MEMORY, to, ORDER);
    upperF16(w).intoMemorySegment(MEMORY, to + BYTES, ORDER);
  }

  private static long place(long target, int element) {
    return target + (long) plane(element) * Float.BYTES;
  }
}
