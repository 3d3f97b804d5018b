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
 * Register tiles of decoding for two rows and four queries, where there are 32 registers: the
 * queries of a head group read a row once.
 *
 * <p>Two rows and not four, as in {@link DecodeTile}: the queries or outputs of all heads then stay
 * in the nearest cache while rows stream through it. Where they do not, their misses are streams of
 * their own, and the prefetcher gets lost between them.
 */
final class DecodeTileOfFour {
  /** Queries of a tile. */
  static final int LANES = 4;

  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private static final long ROW = ScoreTiles.ROW;
  private static final long SECOND = ScoreTiles.at(1);
  private static final long THIRD = ScoreTiles.at(2);

  private DecodeTileOfFour() {}

  /**
   * The scores of two keys.
   *
   * @param scores of the first key and query, a multiple of four in {@link ScoreTiles}
   */
  static void scores(long k0, long k1, long q, long length, long staging, long scores) {
    FloatVector s0 = ZERO;
    FloatVector s1 = ZERO;
    FloatVector t0 = ZERO;
    FloatVector t1 = ZERO;
    FloatVector u0 = ZERO;
    FloatVector u1 = ZERO;
    FloatVector w0 = ZERO;
    FloatVector w1 = ZERO;
    long second = q + length;
    long third = second + length;
    long fourth = third + length;
    long k0At = k0 & ADDRESS;
    long k1At = k1 & ADDRESS;
    long qAt = q & ADDRESS;
    long secondAt = second & ADDRESS;
    long thirdAt = third & ADDRESS;
    long fourthAt = fourth & ADDRESS;
    int end = (int) length;
    int i = 0;
    do {
      long at = i & Integer.MAX_VALUE;
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0At + at, ORDER);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1At + at, ORDER);
      FloatVector xs = FloatVector.fromMemorySegment(FLOATS, MEMORY, qAt + at, ORDER);
      s0 = r0.fma(xs, s0);
      s1 = r1.fma(xs, s1);
      FloatVector xt = FloatVector.fromMemorySegment(FLOATS, MEMORY, secondAt + at, ORDER);
      t0 = r0.fma(xt, t0);
      t1 = r1.fma(xt, t1);
      FloatVector xu = FloatVector.fromMemorySegment(FLOATS, MEMORY, thirdAt + at, ORDER);
      u0 = r0.fma(xu, u0);
      u1 = r1.fma(xu, u1);
      FloatVector xw = FloatVector.fromMemorySegment(FLOATS, MEMORY, fourthAt + at, ORDER);
      w0 = r0.fma(xw, w0);
      w1 = r1.fma(xw, w1);
      i += BYTES;
    } while (i != end);
    Lanes.fourSums(s0, s1, t0, t1).intoMemorySegment(MEMORY, staging, ORDER);
    Lanes.fourSums(u0, u1, w0, w1).intoMemorySegment(MEMORY, staging + BYTES, ORDER);
    scatter(staging, scores);
    scatter(staging + BYTES, scores + THIRD);
  }

  private static void scatter(long staging, long scores) {
    MEMORY.set(FLOAT, scores, MEMORY.get(FLOAT, staging));
    MEMORY.set(FLOAT, scores + ROW, MEMORY.get(FLOAT, staging + 4));
    MEMORY.set(FLOAT, scores + SECOND, MEMORY.get(FLOAT, staging + 8));
    MEMORY.set(FLOAT, scores + SECOND + ROW, MEMORY.get(FLOAT, staging + 12));
  }

  /**
   * Adds two value rows to four outputs.
   *
   * @param p the weight of the first row and query, a multiple of four in {@link ScoreTiles}
   */
  static void addValues(long v0, long v1, long p, long out, long length) {
    long q = p + SECOND;
    long r = p + THIRD;
    long s = r + SECOND;
    FloatVector s0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
    FloatVector s1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + ROW));
    FloatVector t0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q));
    FloatVector t1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, q + ROW));
    FloatVector u0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r));
    FloatVector u1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, r + ROW));
    FloatVector w0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s));
    FloatVector w1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, s + ROW));
    long second = out + length;
    long third = second + length;
    long fourth = third + length;
    long v0At = v0 & ADDRESS;
    long v1At = v1 & ADDRESS;
    long outAt = out & ADDRESS;
    long secondAt = second & ADDRESS;
    long thirdAt = third & ADDRESS;
    long fourthAt = fourth & ADDRESS;
    int end = (int) length;
    int i = 0;
    do {
      long at = i & Integer.MAX_VALUE;
      FloatVector e0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v0At + at, ORDER);
      FloatVector e1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, v1At + at, ORDER);
      FloatVector os = FloatVector.fromMemorySegment(FLOATS, MEMORY, outAt + at, ORDER);
      os = e0.fma(s0, os);
      os = e1.fma(s1, os);
      FloatVector ot = FloatVector.fromMemorySegment(FLOATS, MEMORY, secondAt + at, ORDER);
      ot = e0.fma(t0, ot);
      ot = e1.fma(t1, ot);
      FloatVector ou = FloatVector.fromMemorySegment(FLOATS, MEMORY, thirdAt + at, ORDER);
      ou = e0.fma(u0, ou);
      ou = e1.fma(u1, ou);
      FloatVector ow = FloatVector.fromMemorySegment(FLOATS, MEMORY, fourthAt + at, ORDER);
      ow = e0.fma(w0, ow);
      ow = e1.fma(w1, ow);
      os.intoMemorySegment(MEMORY, outAt + at, ORDER);
      ot.intoMemorySegment(MEMORY, secondAt + at, ORDER);
      ou.intoMemorySegment(MEMORY, thirdAt + at, ORDER);
      ow.intoMemorySegment(MEMORY, fourthAt + at, ORDER);
      i += BYTES;
    } while (i != end);
  }
}
