package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * Merges the partial results of one query: with M the largest of the maxima m, its output is Σ
 * 2^(m-M)·o / Σ 2^(m-M)·l, the chunks taken in ascending order.
 */
public final class DecodeMerge {
  /** Most chunks of a query. */
  public static final int MAX_CHUNKS = 64;

  private static final long WEIGHT_BYTES = (long) (MAX_CHUNKS + LANES) * Float.BYTES;

  private DecodeMerge() {}

  /** Bytes of scratch memory that {@link #run} needs. */
  public static long scratchBytes(int valueDim) {
    return WEIGHT_BYTES + padded(valueDim);
  }

  /** Floats behind the last partial result that are read, whatever they hold. */
  public static int overrun() {
    return LANES;
  }

  /**
   * Merges.
   *
   * @param partials the first chunk's maximum, sum and output of this query
   * @param chunks 1 to {@link #MAX_CHUNKS}
   * @param stride bytes from one chunk's to the next
   * @param out receives {@code valueDim} floats; zeros if no chunk saw a key
   */
  public static void run(
      long scratch, long partials, int chunks, long stride, int valueDim, long out) {
    long sums = scratch + WEIGHT_BYTES;
    long length = padded(valueDim);
    float sum = weigh(scratch, partials, chunks, stride);
    for (long at = 0; at < length; at += BYTES) {
      FloatVector.zero(FLOATS).intoMemorySegment(MEMORY, sums + at, ORDER);
    }
    for (int c = 0; c < chunks; c++) {
      float weight = MEMORY.get(FLOAT, scratch + (long) c * Float.BYTES);
      add(partials + c * stride + 2L * Float.BYTES, weight, sums, length);
    }
    for (int e = 0; e < valueDim; e++) {
      long at = (long) e * Float.BYTES;
      MEMORY.set(FLOAT, out + at, sum == 0 ? 0f : MEMORY.get(FLOAT, sums + at) / sum);
    }
  }

  private static long padded(int floats) {
    return (floats + LANES - 1L) / LANES * BYTES;
  }

  /** Writes the weight of each chunk and returns the weighted sum of their sums. */
  private static float weigh(long weights, long partials, int chunks, long stride) {
    float max = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < chunks; c++) {
      max = Math.max(max, MEMORY.get(FLOAT, partials + c * stride));
    }
    // No chunk saw a key: (-inf) - (-inf) is NaN, so shift by 0.
    float shift = max == Float.NEGATIVE_INFINITY ? 0f : max;
    for (int c = 0; c < chunks; c++) {
      float m = MEMORY.get(FLOAT, partials + c * stride) - shift;
      MEMORY.set(FLOAT, weights + (long) c * Float.BYTES, m);
    }
    powers(weights, chunks);
    float sum = 0;
    for (int c = 0; c < chunks; c++) {
      float l = MEMORY.get(FLOAT, partials + c * stride + Float.BYTES);
      sum = Math.fma(l, MEMORY.get(FLOAT, weights + (long) c * Float.BYTES), sum);
    }
    return sum;
  }

  private static void powers(long weights, int count) {
    for (int c = 0; c < count; c += LANES) {
      long at = weights + (long) c * Float.BYTES;
      ScoreLanes.powerOfTwo(FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER))
          .intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  private static void add(long row, float weight, long sums, long length) {
    FloatVector w = FloatVector.broadcast(FLOATS, weight);
    for (long at = 0; at < length; at += BYTES) {
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, MEMORY, row + at, ORDER)
          .fma(w, sum)
          .intoMemorySegment(MEMORY, sums + at, ORDER);
    }
  }
}
