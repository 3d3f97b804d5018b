package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Reads memory as fast as a core can: the ceiling of whatever streams its operands once, such as a
 * matrix-vector product.
 */
public final class ReadBandwidth {
  /** Read lengths are multiples of this many bytes. */
  public static final long STEP_BYTES = 8L * BYTES;

  private ReadBandwidth() {}

  /**
   * Sums the floats from address {@code from} to {@code end}, a positive multiple of {@link
   * #STEP_BYTES} apart; the sum only keeps the reads alive.
   */
  public static float sum(long from, long end) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long at = from;
    do {
      // The loaded vector is the receiver: its exact type is known to C2, a loop-carried one's is
      // not.
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).add(s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).add(s1);
      s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2L * BYTES, ORDER).add(s2);
      s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3L * BYTES, ORDER).add(s3);
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 4L * BYTES, ORDER).add(s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 5L * BYTES, ORDER).add(s1);
      s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 6L * BYTES, ORDER).add(s2);
      s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 7L * BYTES, ORDER).add(s3);
      at += STEP_BYTES;
    } while (at != end);
    return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
  }
}
