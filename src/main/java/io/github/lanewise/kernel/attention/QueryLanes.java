package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * Moves queries into the lanes of a tile and its output back. Lane i of the lanes that share a key
 * head is position {@code i / group}, head {@code i % group} of the group.
 */
public final class QueryLanes {
  private QueryLanes() {}

  /**
   * Transposes {@code count} queries into the tile, scaled; the remaining lanes get zeros.
   *
   * @param q address of the first query of this group: position 0, first head
   * @param ldq bytes from one position to the next
   * @param firstLane index of the tile's first lane among all lanes that share this key head
   */
  public static void load(
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
   * Says how many keys each lane sees; lanes without a query see all, so that they never cause a
   * mask.
   *
   * @param beforeFirst keys that position 0 sees, less one: position p sees {@code beforeFirst + p
   *     + 1}, at most {@code keys}, at least 0
   */
  public static void setVisible(
      int group, int beforeFirst, int keys, int firstLane, int count, int lanes, long visible) {
    for (int lane = 0; lane < lanes; lane++) {
      int seen = lane < count ? visible(group, beforeFirst, keys, firstLane + lane) : keys;
      MEMORY.set(FLOAT, visible + (long) lane * Float.BYTES, seen);
    }
  }

  /** Keys that lane {@code lane} of the group sees. */
  public static int visible(int group, int beforeFirst, int keys, int lane) {
    return Math.clamp((long) beforeFirst + lane / group + 1, 0, keys);
  }

  /**
   * Divides the tile's output by its sums and writes it, transposed back, to {@code out}, which is
   * laid out like the queries.
   */
  public static void store(
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

  private static long address(long base, long stride, int group, int headDim, int lane) {
    return base + lane / group * stride + (long) (lane % group) * headDim * Float.BYTES;
  }
}
