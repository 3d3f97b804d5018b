package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of decoding: four rows of keys or values, at any four addresses, against one or
 * two queries. The head dimension lies along the lanes; lengths are whole vectors, in bytes.
 *
 * <p>Four rows suffice to hide the latency of the multiply-add and share each load of a query or an
 * output; memory is the limit beyond that. Both tiles of a kind do the same arithmetic for a query,
 * in the same order.
 */
final class DecodeTile {
  /** Rows of a tile. */
  static final int ROWS = 4;

  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private DecodeTile() {}

  /** Four scores, followed by a vector's rest of garbage. */
  static void scores(long k0, long k1, long k2, long k3, long q, long length, long scores) {
    FloatVector s0 = ZERO;
    FloatVector s1 = ZERO;
    FloatVector s2 = ZERO;
    FloatVector s3 = ZERO;
    long at = 0;
    do {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, q + at, ORDER);
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0 + at, ORDER).fma(x, s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1 + at, ORDER).fma(x, s1);
      s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2 + at, ORDER).fma(x, s2);
      s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3 + at, ORDER).fma(x, s3);
      at += BYTES;
    } while (at != length);
    Lanes.fourSums(s0, s1, s2, s3).intoMemorySegment(MEMORY, scores, ORDER);
  }

  /** The scores of two queries, {@code stride} bytes apart as the queries are {@code length}. */
  static void scoresOfTwo(
      long k0, long k1, long k2, long k3, long q, long length, long scores, long stride) {
    FloatVector s0 = ZERO;
    FloatVector s1 = ZERO;
    FloatVector s2 = ZERO;
    FloatVector s3 = ZERO;
    FloatVector t0 = ZERO;
    FloatVector t1 = ZERO;
    FloatVector t2 = ZERO;
    FloatVector t3 = ZERO;
    long at = 0;
    do {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, q + at, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, q + length + at, ORDER);
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0 + at, ORDER);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1 + at, ORDER);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2 + at, ORDER);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3 + at, ORDER);
      s0 = r0.fma(x, s0);
      s1 = r1.fma(x, s1);
      s2 = r2.fma(x, s2);
      s3 = r3.fma(x, s3);
      t0 = r0.fma(y, t0);
      t1 = r1.fma(y, t1);
      t2 = r2.fma(y, t2);
      t3 = r3.fma(y, t3);
      at += BYTES;
    } while (at != length);
    Lanes.fourSums(s0, s1, s2, s3).intoMemorySegment(MEMORY, scores, ORDER);
    Lanes.fourSums(t0, t1, t2, t3).intoMemorySegment(MEMORY, scores + stride, ORDER);
  }

  /** Adds four value rows, times the four weights at {@code p}, to an output. */
  static void addValues(long v0, long v1, long v2, long v3, long p, long out, long length) {
    FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 4));
    FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 8));
    FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 12));
    long at = 0;
    do {
      FloatVector o = FloatVector.fromMemorySegment(FLOATS, MEMORY, out + at, ORDER);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0 + at, ORDER).fma(p0, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1 + at, ORDER).fma(p1, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v2 + at, ORDER).fma(p2, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v3 + at, ORDER).fma(p3, o);
      o.intoMemorySegment(MEMORY, out + at, ORDER);
      at += BYTES;
    } while (at != length);
  }

  /** The same for two queries, whose weights lie {@code stride} bytes apart. */
  static void addValuesToTwo(
      long v0, long v1, long v2, long v3, long p, long stride, long out, long length) {
    FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 4));
    FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 8));
    FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 12));
    FloatVector w0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride));
    FloatVector w1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + 4));
    FloatVector w2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + 8));
    FloatVector w3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + 12));
    long second = out + length;
    long at = 0;
    do {
      FloatVector o = FloatVector.fromMemorySegment(FLOATS, MEMORY, out + at, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, MEMORY, second + at, ORDER);
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0 + at, ORDER);
      o = r0.fma(p0, o);
      u = r0.fma(w0, u);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1 + at, ORDER);
      o = r1.fma(p1, o);
      u = r1.fma(w1, u);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v2 + at, ORDER);
      o = r2.fma(p2, o);
      u = r2.fma(w2, u);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v3 + at, ORDER);
      o = r3.fma(p3, o);
      u = r3.fma(w3, u);
      o.intoMemorySegment(MEMORY, out + at, ORDER);
      u.intoMemorySegment(MEMORY, second + at, ORDER);
      at += BYTES;
    } while (at != length);
  }
}
