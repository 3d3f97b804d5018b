package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Softmax of rows longer than a vector of which three fit into L1.
 *
 * <p>While the weights of a row are computed, the maximum of the <em>next</em> row is taken: its
 * loads keep the memory busy, and no loop waits for a maximum. All loops lie in one method, since
 * short rows would pay for the calls. (Dividing the last row by its sum in the same loop was
 * slower: 1.9 for 2.9 Gelem/s out of cache on Zen 4, two interleaved streams of stores.)
 */
final class MediumRows {
  private MediumRows() {}

  /** Rows of {@code n ≥ LANES} floats; distances of rows in bytes; in place or not. */
  static void weights(long x, long ldx, long out, long ldo, int rows, int n, float factor) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    int whole = FLOATS.loopBound(n);
    VectorMask<Float> rest = FLOATS.indexInRange(whole, n);
    float max = RowPasses.max(x, n);
    for (int row = 0; row < rows; row++) {
      long from = x + row * ldx;
      long to = out + row * ldo;
      // The last row looks ahead at itself: what it finds is not used.
      long next = row + 1 < rows ? from + ldx : from;
      // All hidden: (-inf) - (-inf) is NaN, so shift by 0 and let the weights be 0.
      FloatVector shift = FloatVector.broadcast(FLOATS, max == Float.NEGATIVE_INFINITY ? 0 : max);
      FloatVector sums = FloatVector.zero(FLOATS);
      FloatVector highest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
      for (int i = 0; i < whole; i += LANES) {
        long at = (long) i * Float.BYTES;
        FloatVector ahead = FloatVector.fromMemorySegment(FLOATS, MEMORY, next + at, ORDER);
        highest = ahead.blend(highest, ahead.compare(VectorOperators.LT, highest));
        FloatVector e =
            Weight.of(
                FloatVector.fromMemorySegment(FLOATS, MEMORY, from + at, ORDER).sub(shift),
                factors);
        e.intoMemorySegment(MEMORY, to + at, ORDER);
        sums = e.add(sums);
      }
      if (whole < n) {
        long at = (long) whole * Float.BYTES;
        FloatVector ahead =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, next + at, ORDER, rest)
                .blend(Float.NEGATIVE_INFINITY, rest.not());
        highest = ahead.blend(highest, ahead.compare(VectorOperators.LT, highest));
        FloatVector e =
            Weight.of(
                FloatVector.fromMemorySegment(FLOATS, MEMORY, from + at, ORDER, rest).sub(shift),
                factors);
        e.intoMemorySegment(MEMORY, to + at, ORDER, rest);
        sums = e.blend(0f, rest.not()).add(sums);
      }
      float sum = Lanes.sum(sums);
      max = Lanes.max(highest);
      FloatVector finish = FloatVector.broadcast(FLOATS, sum == 0 ? 0 : 1 / sum);
      for (int i = 0; i < whole; i += LANES) {
        long at = to + (long) i * Float.BYTES;
        FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
            .mul(finish)
            .intoMemorySegment(MEMORY, at, ORDER);
      }
      if (whole < n) {
        long at = to + (long) whole * Float.BYTES;
        FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest)
            .mul(finish)
            .intoMemorySegment(MEMORY, at, ORDER, rest);
      }
    }
  }
}
