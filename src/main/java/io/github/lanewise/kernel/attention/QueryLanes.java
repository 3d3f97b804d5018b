package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * Moves queries into the lanes of a tile and its output back. Lane i of the lanes that share a key
 * head is position {@code i / group}, head {@code i % group} of the group.
 */
final class QueryLanes {
  private static final double LN_2 = Math.log(2);

  private QueryLanes() {}

  /**
   * Transposes {@code count} queries into the tile, scaled; the remaining lanes get zeros.
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
    long row = (long) lanes * Float.BYTES;
    for (int lane = 0; lane < lanes; lane++) {
      long target = queries + (long) lane * Float.BYTES;
      if (lane < count) {
        long source = address(q, ldq, group, headDim, firstLane + lane);
        for (int i = 0; i < headDim; i++) {
          MEMORY.set(
              FLOAT, target + i * row, MEMORY.get(FLOAT, source + (long) i * Float.BYTES) * scale);
        }
      } else {
        for (int i = 0; i < headDim; i++) {
          MEMORY.set(FLOAT, target + i * row, 0f);
        }
      }
    }
  }

  /**
   * Divides the tile's output by its sums and writes it, transposed back, to {@code out}, which is
   * laid out like the queries.
   */
  static void store(
      long output,
      long sum,
      int lanes,
      int count,
      long out,
      long ldo,
      int group,
      int headDim,
      int firstLane) {
    ScoreLanes.normalise(output, headDim, lanes, sum);
    long row = (long) lanes * Float.BYTES;
    for (int lane = 0; lane < count; lane++) {
      long source = output + (long) lane * Float.BYTES;
      long target = address(out, ldo, group, headDim, firstLane + lane);
      for (int i = 0; i < headDim; i++) {
        MEMORY.set(FLOAT, target + (long) i * Float.BYTES, MEMORY.get(FLOAT, source + i * row));
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

  private static long address(long base, long stride, int group, int headDim, int lane) {
    return base + lane / group * stride + (long) (lane % group) * headDim * Float.BYTES;
  }
}
