package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.kernel.gemm.Transposition;
import jdk.incubator.vector.FloatVector;

/**
 * Moves queries into the lanes of a tile. Lane i of the lanes that share a key head is position
 * {@code i / group}, head {@code i % group} of the group.
 */
final class QueryLanes {
  private static final double LN_2 = Math.log(2);

  private QueryLanes() {}

  /**
   * Transposes {@code count} queries, multiplied by {@code scale}, into the tile. Lanes that are
   * left over in the last vector get the last query again; what further vectors hold does not
   * count.
   *
   * @param q address of the first query of this group: position 0, first head
   * @param ldq bytes from one position to the next
   * @param firstLane index of the tile's first lane among all lanes that share this key head
   */
  static void load(
      long q,
      long ldq,
      int group,
      int headDim,
      float scale,
      int firstLane,
      int count,
      int lanes,
      long queries) {
    if (headDim < LANES) {
      loadNarrow(q, ldq, group, headDim, scale, firstLane, count, lanes, queries);
      return;
    }
    long row = (long) lanes * Float.BYTES;
    int last = firstLane + count - 1;
    int squares = headDim / LANES;
    int early = headDim - LANES;
    for (int lane = 0; lane < count; lane += LANES) {
      int first = firstLane + lane;
      long target = queries + (long) lane * Float.BYTES;
      transpose(q, ldq, group, headDim, first, last, squares, target, row);
      if (headDim % LANES != 0) { // The last square begins early, and makes some rows again.
        long from = q + (long) early * Float.BYTES;
        transpose(from, ldq, group, headDim, first, last, 1, target + early * row, row);
      }
      multiply(target, row, headDim, scale);
    }
  }

  /**
   * Transposes the first {@code squares} squares of a vector of lanes; those past {@code last} get
   * its query again.
   */
  private static void transpose(
      long q,
      long ldq,
      int group,
      int headDim,
      int first,
      int last,
      int squares,
      long target,
      long row) {
    for (int i = 0; i < LANES; i += 4) {
      Transposition.lowBits(
          squares,
          address(q, ldq, group, headDim, Math.min(last, first + i)),
          address(q, ldq, group, headDim, Math.min(last, first + i + 1)),
          address(q, ldq, group, headDim, Math.min(last, first + i + 2)),
          address(q, ldq, group, headDim, Math.min(last, first + i + 3)),
          target + i * row,
          row);
    }
    Transposition.highBits(squares, target, row);
  }

  /** Multiplies one vector of each of {@code count} rows. */
  private static void multiply(long target, long row, int count, float scale) {
    FloatVector f = FloatVector.broadcast(FLOATS, scale);
    for (int i = 0; i < count; i++) {
      long at = (target + i * row) & ADDRESS;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
          .mul(f)
          .intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /** Dimensions that do not fill a vector. */
  private static void loadNarrow(
      long q,
      long ldq,
      int group,
      int headDim,
      float scale,
      int firstLane,
      int count,
      int lanes,
      long queries) {
    long row = (long) lanes * Float.BYTES;
    for (int lane = 0; lane < lanes; lane++) {
      long target = queries + (long) lane * Float.BYTES;
      long source = address(q, ldq, group, headDim, firstLane + Math.min(lane, count - 1));
      for (int i = 0; i < headDim; i++) {
        float x = MEMORY.get(FLOAT, source + (long) i * Float.BYTES);
        MEMORY.set(FLOAT, target + i * row, x * scale);
      }
    }
  }

  /** Writes ln Σ e^s of each lane, one float a head of the group, {@code ldl} bytes a position. */
  static void storeLogSumExp(
      long max, long sum, int count, long out, long ldl, int group, int firstLane) {
    for (int lane = 0; lane < count; lane++) {
      long shift = (long) lane * Float.BYTES;
      double m = MEMORY.get(FLOAT, max + shift);
      double l = MEMORY.get(FLOAT, sum + shift);
      // Nothing seen: m is -Infinity and l is 0, so the result is -Infinity.
      double value = m * LN_2 + Math.log(l);
      MEMORY.set(FLOAT, address(out, ldl, group, 1, firstLane + lane), (float) value);
    }
  }

  /**
   * Copies {@code count} floats that lie {@code row} bytes apart to others {@code stride} apart.
   */
  static void storeLane(long source, long row, int count, long target, long stride) {
    for (int j = 0; j < count; j++) {
      MEMORY.set(FLOAT, target + j * stride, MEMORY.get(FLOAT, source + j * row));
    }
  }

  /** Address of a lane's row of {@code headDim} floats for each head. */
  static long address(long base, long stride, int group, int headDim, int lane) {
    if (group == 1) { // Two divisions a lane would show in short sequences.
      return base + lane * stride;
    }
    return base + lane / group * stride + (long) (lane % group) * headDim * Float.BYTES;
  }
}
