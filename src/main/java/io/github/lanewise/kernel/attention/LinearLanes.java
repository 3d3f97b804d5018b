package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** What linear attention does beside its products: one vector of lanes, or of dimensions. */
final class LinearLanes {
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private LinearLanes() {}

  /** Adds {@code count} rows, {@code stride} bytes apart, to one vector, in their order. */
  static void addRows(long rows, long stride, int count, long sum) {
    FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sum, ORDER);
    for (int i = 0; i < count; i++) {
      s = FloatVector.fromMemorySegment(FLOATS, MEMORY, rows + i * stride, ORDER).add(s);
    }
    s.intoMemorySegment(MEMORY, sum, ORDER);
  }

  /**
   * Sets the weights of one vector of queries to 0 for the keys that they do not see, and adds the
   * others to the sums.
   *
   * @param limits for each lane, how many of the keys it sees, as floats
   */
  static void mask(long weights, int keys, long limits, long sums) {
    FloatVector limit = FloatVector.fromMemorySegment(FLOATS, MEMORY, limits, ORDER);
    FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums, ORDER);
    for (int j = 0; j < keys; j++) {
      long at = weights + j * (long) BYTES;
      FloatVector w =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
              .blend(ZERO, limit.compare(VectorOperators.LE, (float) j));
      w.intoMemorySegment(MEMORY, at, ORDER);
      s = w.add(s);
    }
    s.intoMemorySegment(MEMORY, sums, ORDER);
  }
}
