package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
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
 * output; memory is the limit beyond that. As in the tiles of products, one index that needs no
 * check steps through all rows (see {@link io.github.lanewise.simd.Simd#ADDRESS}), with a third
 * fewer instructions. It counts double: a stride over one vector keeps C2 from unrolling the loop,
 * and a counted loop has no safepoint poll in each step (19 instructions for eight multiply-adds of
 * the scores, 30 with it). The sums begin with a local zero: with a constant of the class C2 left
 * them boxed in a counted loop, at a seventh of the speed. Both tiles of a kind do the same
 * arithmetic for a query, in the same order.
 */
final class DecodeTile {
  /** Rows of a tile. */
  static final int ROWS = 4;

  private DecodeTile() {}

  /**
   * Four scores.
   *
   * @param staging a vector of scratch
   * @param step bytes between the scores
   */
  static void scores(
      long k0,
      long k1,
      long k2,
      long k3,
      long q,
      long length,
      long staging,
      long scores,
      long step) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector s0 = zero;
    FloatVector s1 = zero;
    FloatVector s2 = zero;
    FloatVector s3 = zero;
    long qAt = q & ADDRESS;
    long k0At = k0 & ADDRESS;
    long k1At = k1 & ADDRESS;
    long k2At = k2 & ADDRESS;
    long k3At = k3 & ADDRESS;
    int end = 2 * (int) length;
    for (int i = 0; i < end; i += 2 * BYTES) {
      long at = (i & 0xffffffffL) >>> 1;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, qAt + at, ORDER);
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0At + at, ORDER).fma(x, s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1At + at, ORDER).fma(x, s1);
      s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2At + at, ORDER).fma(x, s2);
      s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3At + at, ORDER).fma(x, s3);
    }
    Lanes.fourSums(s0, s1, s2, s3).intoMemorySegment(MEMORY, staging, ORDER);
    scatter(staging, scores, step);
  }

  /** The scores of two queries, {@code stride} bytes apart as the queries are {@code length}. */
  static void scoresOfTwo(
      long k0,
      long k1,
      long k2,
      long k3,
      long q,
      long length,
      long staging,
      long scores,
      long step,
      long stride) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector s0 = zero;
    FloatVector s1 = zero;
    FloatVector s2 = zero;
    FloatVector s3 = zero;
    FloatVector t0 = zero;
    FloatVector t1 = zero;
    FloatVector t2 = zero;
    FloatVector t3 = zero;
    long qAt = q & ADDRESS;
    long secondAt = (q + length) & ADDRESS;
    long k0At = k0 & ADDRESS;
    long k1At = k1 & ADDRESS;
    long k2At = k2 & ADDRESS;
    long k3At = k3 & ADDRESS;
    int end = 2 * (int) length;
    for (int i = 0; i < end; i += 2 * BYTES) {
      long at = (i & 0xffffffffL) >>> 1;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, qAt + at, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, secondAt + at, ORDER);
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0At + at, ORDER);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1At + at, ORDER);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2At + at, ORDER);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3At + at, ORDER);
      s0 = r0.fma(x, s0);
      s1 = r1.fma(x, s1);
      s2 = r2.fma(x, s2);
      s3 = r3.fma(x, s3);
      t0 = r0.fma(y, t0);
      t1 = r1.fma(y, t1);
      t2 = r2.fma(y, t2);
      t3 = r3.fma(y, t3);
    }
    Lanes.fourSums(s0, s1, s2, s3).intoMemorySegment(MEMORY, staging, ORDER);
    Lanes.fourSums(t0, t1, t2, t3).intoMemorySegment(MEMORY, staging + BYTES, ORDER);
    scatter(staging, scores, step);
    scatter(staging + BYTES, scores + stride, step);
  }

  /** Spreads four scores out. */
  static void scatter(long staging, long scores, long step) {
    MEMORY.set(FLOAT, scores, MEMORY.get(FLOAT, staging));
    MEMORY.set(FLOAT, scores + step, MEMORY.get(FLOAT, staging + 4));
    MEMORY.set(FLOAT, scores + 2 * step, MEMORY.get(FLOAT, staging + 8));
    MEMORY.set(FLOAT, scores + 3 * step, MEMORY.get(FLOAT, staging + 12));
  }

  /** Adds four value rows, times four weights {@code step} bytes apart, to an output. */
  static void addValues(
      long v0, long v1, long v2, long v3, long p, long step, long out, long length) {
    FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + step));
    FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 2 * step));
    FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 3 * step));
    long outAt = out & ADDRESS;
    long v0At = v0 & ADDRESS;
    long v1At = v1 & ADDRESS;
    long v2At = v2 & ADDRESS;
    long v3At = v3 & ADDRESS;
    int end = 2 * (int) length;
    for (int i = 0; i < end; i += 2 * BYTES) {
      long at = (i & 0xffffffffL) >>> 1;
      FloatVector o = FloatVector.fromMemorySegment(FLOATS, MEMORY, outAt + at, ORDER);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0At + at, ORDER).fma(p0, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1At + at, ORDER).fma(p1, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v2At + at, ORDER).fma(p2, o);
      o = FloatVector.fromMemorySegment(FLOATS, MEMORY, v3At + at, ORDER).fma(p3, o);
      o.intoMemorySegment(MEMORY, outAt + at, ORDER);
    }
  }

  /** The same for two queries, whose weights lie {@code stride} bytes apart. */
  static void addValuesToTwo(
      long v0, long v1, long v2, long v3, long p, long step, long stride, long out, long length) {
    FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + step));
    FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 2 * step));
    FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 3 * step));
    FloatVector w0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride));
    FloatVector w1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + step));
    FloatVector w2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + 2 * step));
    FloatVector w3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + stride + 3 * step));
    long second = out + length;
    long outAt = out & ADDRESS;
    long secondAt = second & ADDRESS;
    long v0At = v0 & ADDRESS;
    long v1At = v1 & ADDRESS;
    long v2At = v2 & ADDRESS;
    long v3At = v3 & ADDRESS;
    int end = 2 * (int) length;
    for (int i = 0; i < end; i += 2 * BYTES) {
      long at = (i & 0xffffffffL) >>> 1;
      FloatVector o = FloatVector.fromMemorySegment(FLOATS, MEMORY, outAt + at, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, MEMORY, secondAt + at, ORDER);
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0At + at, ORDER);
      o = r0.fma(p0, o);
      u = r0.fma(w0, u);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1At + at, ORDER);
      o = r1.fma(p1, o);
      u = r1.fma(w1, u);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v2At + at, ORDER);
      o = r2.fma(p2, o);
      u = r2.fma(w2, u);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v3At + at, ORDER);
      o = r3.fma(p3, o);
      u = r3.fma(w3, u);
      o.intoMemorySegment(MEMORY, outAt + at, ORDER);
      u.intoMemorySegment(MEMORY, secondAt + at, ORDER);
    }
  }
}
