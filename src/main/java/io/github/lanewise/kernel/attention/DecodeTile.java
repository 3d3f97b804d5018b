package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of decoding: four rows of keys or values, at any four addresses, against one or
 * two queries. The head dimension lies along the lanes; lengths are whole vectors, in bytes.
 *
 * <p>Four rows suffice to hide the latency of the multiply-add and share each load of a query or an
 * output. As in the tiles of products, one index that needs no check steps through all rows (see
 * {@link io.github.lanewise.simd.Simd#ADDRESS}), with a third fewer instructions. It counts double:
 * a stride over one vector keeps C2 from unrolling the loop, and a counted loop has no safepoint
 * poll in each step (19 instructions for eight multiply-adds of the scores, 30 with it). The sums
 * begin with a local zero: with a constant of the class C2 left them boxed in a counted loop, at a
 * seventh of the speed. Both tiles of a kind do the same arithmetic for a query, in the same order.
 *
 * <p>A row is a few vectors, and what comes between the loops counts as much as they do: four keys
 * of 128 floats and two queries took 132 cycles on Zen 3, of which their products need 64. So a
 * call takes the rows of all heads, where it can. Sums across lanes are chains of permutations,
 * behind which the core's window fills up before it reaches the next loop: half of each chain is
 * put off to {@link #scores}, where those of all queries overlap, and scores leave as vectors.
 * Floats of one query decode 1.3 to 1.45 times as fast for it with heads of 64, 1.05 to 1.15 times
 * with heads of 128 (one thread; not measured on 32 registers).
 */
final class DecodeTile {
  /** Rows of a tile. */
  static final int ROWS = 4;

  /** Bytes of the parts of a query's four scores. */
  static final long PART_BYTES = BYTES;

  private static final long ROW = ScoreTiles.ROW;

  private DecodeTile() {}

  /**
   * The products of four keys of each head and one query of it, as parts of their {@link #scores}.
   *
   * @param k0 the first key of the first head; the next head's is {@code keyHead} bytes further
   * @param q a query of {@code length} bytes for each head
   * @param parts {@link #PART_BYTES} for each head
   */
  static void parts(
      long k0,
      long k1,
      long k2,
      long k3,
      long keyHead,
      int heads,
      long q,
      long length,
      long parts) {
    FloatVector zero = FloatVector.zero(FLOATS);
    int end = 2 * (int) length;
    for (int head = 0; head < heads; head++) {
      FloatVector s0 = zero;
      FloatVector s1 = zero;
      FloatVector s2 = zero;
      FloatVector s3 = zero;
      long shift = head * keyHead;
      long qAt = (q + head * length) & ADDRESS;
      long k0At = (k0 + shift) & ADDRESS;
      long k1At = (k1 + shift) & ADDRESS;
      long k2At = (k2 + shift) & ADDRESS;
      long k3At = (k3 + shift) & ADDRESS;
      for (int i = 0; i < end; i += 2 * BYTES) {
        long at = (i & 0xffffffffL) >>> 1;
        FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, qAt + at, ORDER);
        s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k0At + at, ORDER).fma(x, s0);
        s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k1At + at, ORDER).fma(x, s1);
        s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k2At + at, ORDER).fma(x, s2);
        s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, k3At + at, ORDER).fma(x, s3);
      }
      long target = (parts + head * PART_BYTES) & ADDRESS;
      Lanes.fourParts(s0, s1, s2, s3).intoMemorySegment(MEMORY, target, ORDER);
    }
  }

  /** The same of {@code lanes} queries of each head, an even number of them. */
  static void partsOfTwo(
      long k0,
      long k1,
      long k2,
      long k3,
      long keyHead,
      int heads,
      int lanes,
      long q,
      long length,
      long parts) {
    FloatVector zero = FloatVector.zero(FLOATS);
    int end = 2 * (int) length;
    long nextQ = q;
    long next = parts;
    for (int head = 0; head < heads; head++) {
      long k0At = (k0 + head * keyHead) & ADDRESS;
      long k1At = (k1 + head * keyHead) & ADDRESS;
      long k2At = (k2 + head * keyHead) & ADDRESS;
      long k3At = (k3 + head * keyHead) & ADDRESS;
      for (int lane = 0; lane < lanes; lane += 2) {
        FloatVector s0 = zero;
        FloatVector s1 = zero;
        FloatVector s2 = zero;
        FloatVector s3 = zero;
        FloatVector t0 = zero;
        FloatVector t1 = zero;
        FloatVector t2 = zero;
        FloatVector t3 = zero;
        long qAt = nextQ & ADDRESS;
        long secondAt = (nextQ + length) & ADDRESS;
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
        long target = next & ADDRESS;
        Lanes.fourParts(s0, s1, s2, s3).intoMemorySegment(MEMORY, target, ORDER);
        Lanes.fourParts(t0, t1, t2, t3).intoMemorySegment(MEMORY, target + BYTES, ORDER);
        next += 2 * PART_BYTES;
        nextQ += 2 * length;
      }
    }
  }

  /**
   * Four scores for each of some lanes, as {@link ScoreTiles} has them.
   *
   * @param parts of all lanes, and of as many more as fill a vector of scores up, whatever they
   *     hold
   */
  static void scores(long parts, int lanes, long scores) {
    for (int lane = 0; lane < lanes; lane += ScoreTiles.TOGETHER) {
      long from = (parts + lane * PART_BYTES) & ADDRESS;
      long to = (scores + ScoreTiles.at(lane)) & ADDRESS;
      FloatVector sums = FloatVector.fromMemorySegment(FLOATS, MEMORY, from, ORDER);
      if (LANES > 8) {
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + BYTES, ORDER);
        FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 2L * BYTES, ORDER);
        FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 3L * BYTES, ORDER);
        sums = Lanes.pairsOfSums(Lanes.halvesOfSums(sums, c), Lanes.halvesOfSums(b, d));
      } else if (LANES > 4) {
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + BYTES, ORDER);
        sums = Lanes.pairsOfSums(sums, b);
      }
      sums.intoMemorySegment(MEMORY, to, ORDER);
    }
  }

  /**
   * Adds four value rows, times four weights, to an output of each head.
   *
   * @param v0 the first row of the first head; those of the next are {@code valueHead} bytes
   *     further
   * @param weights those of the tile, see {@link ScoreTiles}
   * @param lane that of the first head's query; those of the next heads follow
   * @param out an output of {@code length} bytes for each head
   */
  static void addValues(
      long v0,
      long v1,
      long v2,
      long v3,
      long valueHead,
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
      long outAt = (out + head * length) & ADDRESS;
      long v0At = (v0 + head * valueHead) & ADDRESS;
      long v1At = (v1 + head * valueHead) & ADDRESS;
      long v2At = (v2 + head * valueHead) & ADDRESS;
      long v3At = (v3 + head * valueHead) & ADDRESS;
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
  }

  /** The same of {@code lanes} queries of each head, an even number of them. */
  static void addValuesToTwo(
      long v0,
      long v1,
      long v2,
      long v3,
      long valueHead,
      int heads,
      int lanes,
      long weights,
      int firstLane,
      long out,
      long length) {
    int end = 2 * (int) length;
    long next = out;
    int nextLane = firstLane;
    for (int head = 0; head < heads; head++) {
      long v0At = (v0 + head * valueHead) & ADDRESS;
      long v1At = (v1 + head * valueHead) & ADDRESS;
      long v2At = (v2 + head * valueHead) & ADDRESS;
      long v3At = (v3 + head * valueHead) & ADDRESS;
      for (int lane = 0; lane < lanes; lane += 2) {
        long p0At = (weights + ScoreTiles.at(nextLane)) & ADDRESS;
        long w0At = (weights + ScoreTiles.at(nextLane + 1)) & ADDRESS;
        FloatVector p0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p0At));
        FloatVector p1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p0At + ROW));
        FloatVector p2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p0At + 2 * ROW));
        FloatVector p3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p0At + 3 * ROW));
        FloatVector w0 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, w0At));
        FloatVector w1 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, w0At + ROW));
        FloatVector w2 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, w0At + 2 * ROW));
        FloatVector w3 = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, w0At + 3 * ROW));
        long outAt = next & ADDRESS;
        long secondAt = (next + length) & ADDRESS;
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
        next += 2 * length;
        nextLane += 2;
      }
    }
  }
}
