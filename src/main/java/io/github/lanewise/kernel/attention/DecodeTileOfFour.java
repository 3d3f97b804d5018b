package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * The register tiles of {@link DecodeTile} for four queries, where there are 32 registers: half the
 * loads of two queries at a time, and the same bits.
 */
final class DecodeTileOfFour {
  /** Queries of a tile. */
  static final int LANES = 4;

  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private DecodeTileOfFour() {}

  /**
   * Products of four keys and four queries, summed up to a vector each: query i's at vector 4i of
   * {@code products}, for {@link #sums}.
   */
  static void products(long k0, long k1, long k2, long k3, long q, long length, long products) {
    FloatVector s0 = ZERO;
    FloatVector s1 = ZERO;
    FloatVector s2 = ZERO;
    FloatVector s3 = ZERO;
    FloatVector t0 = ZERO;
    FloatVector t1 = ZERO;
    FloatVector t2 = ZERO;
    FloatVector t3 = ZERO;
    FloatVector u0 = ZERO;
    FloatVector u1 = ZERO;
    FloatVector u2 = ZERO;
    FloatVector u3 = ZERO;
    FloatVector w0 = ZERO;
    FloatVector w1 = ZERO;
    FloatVector w2 = ZERO;
    FloatVector w3 = ZERO;
    long second = q + length;
    long third = second + length;
    long fourth = third + length;
    long at = 0;
    do {
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0 + at, ORDER);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1 + at, ORDER);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2 + at, ORDER);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3 + at, ORDER);
      FloatVector xs = FloatVector.fromMemorySegment(FLOATS, MEMORY, q + at, ORDER);
      s0 = r0.fma(xs, s0);
      s1 = r1.fma(xs, s1);
      s2 = r2.fma(xs, s2);
      s3 = r3.fma(xs, s3);
      FloatVector xt = FloatVector.fromMemorySegment(FLOATS, MEMORY, second + at, ORDER);
      t0 = r0.fma(xt, t0);
      t1 = r1.fma(xt, t1);
      t2 = r2.fma(xt, t2);
      t3 = r3.fma(xt, t3);
      FloatVector xu = FloatVector.fromMemorySegment(FLOATS, MEMORY, third + at, ORDER);
      u0 = r0.fma(xu, u0);
      u1 = r1.fma(xu, u1);
      u2 = r2.fma(xu, u2);
      u3 = r3.fma(xu, u3);
      FloatVector xw = FloatVector.fromMemorySegment(FLOATS, MEMORY, fourth + at, ORDER);
      w0 = r0.fma(xw, w0);
      w1 = r1.fma(xw, w1);
      w2 = r2.fma(xw, w2);
      w3 = r3.fma(xw, w3);
      at += BYTES;
    } while (at != length);
    s0.intoMemorySegment(MEMORY, products, ORDER);
    s1.intoMemorySegment(MEMORY, products + BYTES, ORDER);
    s2.intoMemorySegment(MEMORY, products + 2L * BYTES, ORDER);
    s3.intoMemorySegment(MEMORY, products + 3L * BYTES, ORDER);
    t0.intoMemorySegment(MEMORY, products + 4L * BYTES, ORDER);
    t1.intoMemorySegment(MEMORY, products + 5L * BYTES, ORDER);
    t2.intoMemorySegment(MEMORY, products + 6L * BYTES, ORDER);
    t3.intoMemorySegment(MEMORY, products + 7L * BYTES, ORDER);
    u0.intoMemorySegment(MEMORY, products + 8L * BYTES, ORDER);
    u1.intoMemorySegment(MEMORY, products + 9L * BYTES, ORDER);
    u2.intoMemorySegment(MEMORY, products + 10L * BYTES, ORDER);
    u3.intoMemorySegment(MEMORY, products + 11L * BYTES, ORDER);
    w0.intoMemorySegment(MEMORY, products + 12L * BYTES, ORDER);
    w1.intoMemorySegment(MEMORY, products + 13L * BYTES, ORDER);
    w2.intoMemorySegment(MEMORY, products + 14L * BYTES, ORDER);
    w3.intoMemorySegment(MEMORY, products + 15L * BYTES, ORDER);
  }

  /** The scores of two queries from their products, which they overwrite. */
  static void sums(long products, long scores, long step, long stride) {
    FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products, ORDER);
    FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + BYTES, ORDER);
    FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 2L * BYTES, ORDER);
    FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 3L * BYTES, ORDER);
    FloatVector t0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 4L * BYTES, ORDER);
    FloatVector t1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 5L * BYTES, ORDER);
    FloatVector t2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 6L * BYTES, ORDER);
    FloatVector t3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, products + 7L * BYTES, ORDER);
    Lanes.fourSums(s0, s1, s2, s3).intoMemorySegment(MEMORY, products, ORDER);
    Lanes.fourSums(t0, t1, t2, t3).intoMemorySegment(MEMORY, products + BYTES, ORDER);
    DecodeTile.scatter(products, scores, step);
    DecodeTile.scatter(products + BYTES, scores + stride, step);
  }

  /**
   * Adds four value rows to four outputs.
   *
   * @param p the first query's weights, {@code step} bytes apart; the next query's {@code stride}
   *     bytes behind
   */
  static void addValues(
      long v0, long v1, long v2, long v3, long p, long step, long stride, long out, long length) {
    long q = p + stride;
    long r = q + stride;
    long s = r + stride;
    FloatVector s0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector s1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + step));
    FloatVector s2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 2 * step));
    FloatVector s3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 3 * step));
    FloatVector t0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q));
    FloatVector t1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q + step));
    FloatVector t2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q + 2 * step));
    FloatVector t3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q + 3 * step));
    FloatVector u0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r));
    FloatVector u1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r + step));
    FloatVector u2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r + 2 * step));
    FloatVector u3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r + 3 * step));
    FloatVector w0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s));
    FloatVector w1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s + step));
    FloatVector w2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s + 2 * step));
    FloatVector w3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s + 3 * step));
    long second = out + length;
    long third = second + length;
    long fourth = third + length;
    long at = 0;
    do {
      FloatVector os = FloatVector.fromMemorySegment(FLOATS, MEMORY, out + at, ORDER);
      FloatVector ot = FloatVector.fromMemorySegment(FLOATS, MEMORY, second + at, ORDER);
      FloatVector ou = FloatVector.fromMemorySegment(FLOATS, MEMORY, third + at, ORDER);
      FloatVector ow = FloatVector.fromMemorySegment(FLOATS, MEMORY, fourth + at, ORDER);
      FloatVector e0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0 + at, ORDER);
      os = e0.fma(s0, os);
      ot = e0.fma(t0, ot);
      ou = e0.fma(u0, ou);
      ow = e0.fma(w0, ow);
      FloatVector e1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1 + at, ORDER);
      os = e1.fma(s1, os);
      ot = e1.fma(t1, ot);
      ou = e1.fma(u1, ou);
      ow = e1.fma(w1, ow);
      FloatVector e2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v2 + at, ORDER);
      os = e2.fma(s2, os);
      ot = e2.fma(t2, ot);
      ou = e2.fma(u2, ou);
      ow = e2.fma(w2, ow);
      FloatVector e3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v3 + at, ORDER);
      os = e3.fma(s3, os);
      ot = e3.fma(t3, ot);
      ou = e3.fma(u3, ou);
      ow = e3.fma(w3, ow);
      os.intoMemorySegment(MEMORY, out + at, ORDER);
      ot.intoMemorySegment(MEMORY, second + at, ORDER);
      ou.intoMemorySegment(MEMORY, third + at, ORDER);
      ow.intoMemorySegment(MEMORY, fourth + at, ORDER);
      at += BYTES;
    } while (at != length);
  }
}
