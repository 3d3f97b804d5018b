package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.OFFSET;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;

/** The output of a panel in scratch: a row of whole vectors for each lane. */
final class OutputRows {
  private OutputRows() {}

  /**
   * Multiplies each of {@code count} rows of {@code length} bytes by its float at {@code factor}.
   */
  static void scale(long output, long length, int count, long factor) {
    for (int lane = 0; lane < count; lane++) {
      long row = (output + lane * length) & ADDRESS;
      float x = MEMORY.get(FLOAT, factor + (long) lane * Float.BYTES);
      FloatVector f = FloatVector.broadcast(FLOATS, x);
      for (long at = 0; at < length; at += BYTES) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, row + at, ORDER)
            .mul(f)
            .intoMemorySegment(MEMORY, row + at, ORDER);
      }
    }
  }

  /**
   * Writes {@code count} rows, each multiplied by its float at {@code factor}, to {@code out},
   * which is laid out like the queries, see {@link QueryLanes}.
   */
  static void store(
      long output,
      long length,
      int count,
      long factor,
      long out,
      long ldo,
      int group,
      int valueDim,
      int firstLane) {
    if (valueDim < LANES) {
      storeNarrow(output, length, count, factor, out, ldo, group, valueDim, firstLane);
      return;
    }
    long last = (long) (valueDim - LANES) * Float.BYTES;
    for (int lane = 0; lane < count; lane++) {
      long row = (output + lane * length) & ADDRESS;
      long target = QueryLanes.address(out, ldo, group, valueDim, firstLane + lane) & ADDRESS;
      float x = MEMORY.get(FLOAT, factor + (long) lane * Float.BYTES);
      FloatVector f = FloatVector.broadcast(FLOATS, x);
      for (long from = 0; from < length; from += BYTES) {
        long at = Math.min(from, last) & OFFSET; // the last vector begins early
        FloatVector.fromMemorySegment(FLOATS, MEMORY, row + at, ORDER)
            .mul(f)
            .intoMemorySegment(MEMORY, target + at, ORDER);
      }
    }
  }

  /** Values that do not fill a vector. */
  private static void storeNarrow(
      long output,
      long length,
      int count,
      long factor,
      long out,
      long ldo,
      int group,
      int valueDim,
      int firstLane) {
    for (int lane = 0; lane < count; lane++) {
      long row = output + lane * length;
      long target = QueryLanes.address(out, ldo, group, valueDim, firstLane + lane);
      float f = MEMORY.get(FLOAT, factor + (long) lane * Float.BYTES);
      for (long at = 0; at < (long) valueDim * Float.BYTES; at += Float.BYTES) {
        MEMORY.set(FLOAT, target + at, MEMORY.get(FLOAT, row + at) * f);
      }
    }
  }
}
