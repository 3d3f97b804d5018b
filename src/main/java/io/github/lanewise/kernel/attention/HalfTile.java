package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.INTS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The register tiles of {@link DecodeTile} for one query and rows of 16-bit floats, which are
 * widened in registers: two to an int, the even ones and the odd ones apart, so that queries and
 * outputs lie in planes (see {@link io.github.lanewise.simd.WideRows}). The same bits as widening
 * first.
 *
 * <p>Rows are whole vectors of 16-bit numbers; lengths are those of such a row, in bytes.
 */
final class HalfTile {
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0xffff0000);

  /** Sign, exponent and fraction of a binary16 that was shifted to the place of a binary32's. */
  private static final IntVector F16_BITS = IntVector.broadcast(INTS, 0x8fffe000);

  private static final IntVector BOTH_EXPONENTS = IntVector.broadcast(INTS, 0x7c007c00);
  private static final IntVector ONE_MORE = IntVector.broadcast(INTS, 0x04000400);
  private static final IntVector BOTH_SIGNS = IntVector.broadcast(INTS, 0x80008000);

  /**
   * The bits of a binary16, read as a binary32, are its value times 2^-112. Half of that factor is
   * taken from the query and half from the score: neither overflows, and what underflows is below
   * 2^-93.
   */
  private static final FloatVector HALF_OF_SCALE = FloatVector.broadcast(FLOATS, 0x1p56f);

  private static final float F16_SCALE = 0x1p112f;

  private static final long ROW = ScoreTiles.ROW;

  private HalfTile() {}

  /** Whether four rows of binary16 hold neither infinities nor NaN. */
  static boolean areFinite(long k0, long k1, long k2, long k3, long length) {
    // One more in an exponent of all ones carries into the sign.
    IntVector carry = IntVector.zero(INTS);
    for (long at = 0; at != length; at += BYTES) {
      IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, k0 + at, ORDER);
      carry = w0.and(BOTH_EXPONENTS).add(ONE_MORE).or(carry);
      IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, k1 + at, ORDER);
      carry = w1.and(BOTH_EXPONENTS).add(ONE_MORE).or(carry);
      IntVector w2 = IntVector.fromMemorySegment(INTS, MEMORY, k2 + at, ORDER);
      carry = w2.and(BOTH_EXPONENTS).add(ONE_MORE).or(carry);
      IntVector w3 = IntVector.fromMemorySegment(INTS, MEMORY, k3 + at, ORDER);
      carry = w3.and(BOTH_EXPONENTS).add(ONE_MORE).or(carry);
    }
    return carry.and(BOTH_SIGNS).compare(VectorOperators.EQ, 0).allTrue();
  }

  /**
   * The products of four bfloat16 keys of each head and its query, as parts of their {@link
   * DecodeTile#scores}.
   *
   * @param k0 the first key of the first head; the next head's lies behind it, {@code length} bytes
   *     further
   * @param q a query for each head, widened
   * @param parts {@link DecodeTile#PART_BYTES} for each head
   */
  static void partsBf16(
      long k0, long k1, long k2, long k3, int heads, long q, long length, long parts) {
    FloatVector zero = FloatVector.zero(FLOATS);
    int end = 2 * (int) length;
    for (int head = 0; head < heads; head++) {
      FloatVector s0 = zero;
      FloatVector s1 = zero;
      FloatVector s2 = zero;
      FloatVector s3 = zero;
      long shift = head * length;
      long low = (q + 2 * shift) & ADDRESS;
      long high = (low + BYTES) & ADDRESS;
      long k0At = (k0 + shift) & ADDRESS;
      long k1At = (k1 + shift) & ADDRESS;
      long k2At = (k2 + shift) & ADDRESS;
      long k3At = (k3 + shift) & ADDRESS;
      for (int i = 0; i < end; i += 2 * BYTES) {
        long wide = i & 0xffffffffL;
        long at = wide >>> 1;
        FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, low + wide, ORDER);
        FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, high + wide, ORDER);
        IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, k0At + at, ORDER);
        s0 = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, s0);
        s0 = w0.and(UPPER).reinterpretAsFloats().fma(y, s0);
        IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, k1At + at, ORDER);
        s1 = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, s1);
        s1 = w1.and(UPPER).reinterpretAsFloats().fma(y, s1);
        IntVector w2 = IntVector.fromMemorySegment(INTS, MEMORY, k2At + at, ORDER);
        s2 = w2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, s2);
        s2 = w2.and(UPPER).reinterpretAsFloats().fma(y, s2);
        IntVector w3 = IntVector.fromMemorySegment(INTS, MEMORY, k3At + at, ORDER);
        s3 = w3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, s3);
        s3 = w3.and(UPPER).reinterpretAsFloats().fma(y, s3);
      }
      long target = (parts + head * DecodeTile.PART_BYTES) & ADDRESS;
      Lanes.fourParts(s0, s1, s2, s3).intoMemorySegment(MEMORY, target, ORDER);
    }
  }

  /**
   * Products of two finite binary16 keys, times 2^-56, summed up to a vector each, for {@link
   * #partsF16}.
   */
  static void productsF16(long k0, long k1, long q, long length, long products) {
    FloatVector s0 = ZERO;
    FloatVector s1 = ZERO;
    long low = q & ADDRESS;
    long high = (q + BYTES) & ADDRESS;
    long k0At = k0 & ADDRESS;
    long k1At = k1 & ADDRESS;
    int end = (int) length;
    int i = 0;
    do {
      long at = i & Integer.MAX_VALUE;
      FloatVector x =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, low + 2 * at, ORDER).mul(HALF_OF_SCALE);
      FloatVector y =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, high + 2 * at, ORDER).mul(HALF_OF_SCALE);
      IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, k0At + at, ORDER);
      s0 =
          w0.lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 3)
              .and(F16_BITS)
              .reinterpretAsFloats()
              .fma(x, s0);
      s0 = w0.lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(y, s0);
      IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, k1At + at, ORDER);
      s1 =
          w1.lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 3)
              .and(F16_BITS)
              .reinterpretAsFloats()
              .fma(x, s1);
      s1 = w1.lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(y, s1);
      i += BYTES;
    } while (i != end);
    s0.intoMemorySegment(MEMORY, products, ORDER);
    s1.intoMemorySegment(MEMORY, products + BYTES, ORDER);
  }

  /** Parts of four scores from their products of binary16 keys. */
  static void partsF16(long products, long parts) {
    FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products, ORDER);
    FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + BYTES, ORDER);
    FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 2L * BYTES, ORDER);
    FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 3L * BYTES, ORDER);
    Lanes.fourParts(s0, s1, s2, s3).mul(HALF_OF_SCALE).intoMemorySegment(MEMORY, parts, ORDER);
  }

  /**
   * Adds four rows of bfloat16 values, times four weights, to an output of each head.
   *
   * @param v0 the first row of the first head; the next head's lies behind it, {@code length} bytes
   *     further
   * @param weights those of the tile, see {@link ScoreTiles}
   * @param lane that of the first head's query; those of the next heads follow
   * @param out an output for each head, in planes
   */
  static void addValuesBf16(
      long v0,
      long v1,
      long v2,
      long v3,
      int heads,
      long weights,
      int lane,
      long out,
      long length) {
    int end = 2 * (int) length;
    for (int head = 0; head < heads; head++) {
      long pAt = (weights + ScoreTiles.at(lane + head)) & ADDRESS;
      FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, pAt));
      FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, pAt + ROW));
      FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, pAt + 2 * ROW));
      FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, pAt + 3 * ROW));
      long shift = head * length;
      long low = (out + 2 * shift) & ADDRESS;
      long high = (low + BYTES) & ADDRESS;
      long v0At = (v0 + shift) & ADDRESS;
      long v1At = (v1 + shift) & ADDRESS;
      long v2At = (v2 + shift) & ADDRESS;
      long v3At = (v3 + shift) & ADDRESS;
      for (int i = 0; i < end; i += 2 * BYTES) {
        long wide = i & 0xffffffffL;
        long at = wide >>> 1;
        FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, low + wide, ORDER);
        FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, high + wide, ORDER);
        IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, v0At + at, ORDER);
        x = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(p0, x);
        y = w0.and(UPPER).reinterpretAsFloats().fma(p0, y);
        IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, v1At + at, ORDER);
        x = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(p1, x);
        y = w1.and(UPPER).reinterpretAsFloats().fma(p1, y);
        IntVector w2 = IntVector.fromMemorySegment(INTS, MEMORY, v2At + at, ORDER);
        x = w2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(p2, x);
        y = w2.and(UPPER).reinterpretAsFloats().fma(p2, y);
        IntVector w3 = IntVector.fromMemorySegment(INTS, MEMORY, v3At + at, ORDER);
        x = w3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(p3, x);
        y = w3.and(UPPER).reinterpretAsFloats().fma(p3, y);
        x.intoMemorySegment(MEMORY, low + wide, ORDER);
        y.intoMemorySegment(MEMORY, high + wide, ORDER);
      }
    }
  }

  /** Adds two rows of finite binary16 values, times the two weights at {@code p}. */
  static void addValuesF16(long v0, long v1, long p, long out, long length) {
    // A weight is at most 2^8, so it can take all of the factor.
    FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p) * F16_SCALE);
    FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + ROW) * F16_SCALE);
    long low = out & ADDRESS;
    long high = (out + BYTES) & ADDRESS;
    long v0At = v0 & ADDRESS;
    long v1At = v1 & ADDRESS;
    int end = (int) length;
    int i = 0;
    do {
      long at = i & Integer.MAX_VALUE;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, low + 2 * at, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, high + 2 * at, ORDER);
      IntVector w0 = IntVector.fromMemorySegment(INTS, MEMORY, v0At + at, ORDER);
      x =
          w0.lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 3)
              .and(F16_BITS)
              .reinterpretAsFloats()
              .fma(p0, x);
      y = w0.lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(p0, y);
      IntVector w1 = IntVector.fromMemorySegment(INTS, MEMORY, v1At + at, ORDER);
      x =
          w1.lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 3)
              .and(F16_BITS)
              .reinterpretAsFloats()
              .fma(p1, x);
      y = w1.lanewise(VectorOperators.ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(p1, y);
      x.intoMemorySegment(MEMORY, low + 2 * at, ORDER);
      y.intoMemorySegment(MEMORY, high + 2 * at, ORDER);
      i += BYTES;
    } while (i != end);
  }
}
