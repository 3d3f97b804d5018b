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

  private static final long WEIGHT_BYTES = (long) (MAX_CHUNKS + 1 + LANES) * Float.BYTES;

  private static final double LN_2 = Math.log(2);

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
   * @param partials of the first chunk what this query's weights are relative to, their sum, and
   *     the output
   * @param chunks 1 to {@link #MAX_CHUNKS}
   * @param stride bytes from one chunk's to the next
   * @param sink the score of a further key whose value is zero, in base 2; -Infinity for none
   * @param out receives {@code valueDim} floats; zeros if no chunk saw a key
   * @param logSumExp receives a float, the logarithm of the sum of exponentials, unless it is 0
   */
  public static void run(
      long scratch,
      long partials,
      int chunks,
      long stride,
      int valueDim,
      float sink,
      long out,
      long logSumExp) {
    long sums = scratch + WEIGHT_BYTES;
    long length = padded(valueDim);
    float max = max(partials, chunks, stride, sink);
    float sum = weigh(scratch, partials, chunks, stride, max, sink);
    if (logSumExp != 0) {
      MEMORY.set(FLOAT, logSumExp, (float) (max * LN_2 + Math.log(sum)));
    }
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

  private static float max(long partials, int chunks, long stride, float sink) {
    float max = sink;
    for (int c = 0; c < chunks; c++) {
      max = Math.max(max, MEMORY.get(FLOAT, partials + c * stride));
    }
    return max;
  }

  /** Writes the weight of each chunk and returns the weighted sum of their sums, and the sink's. */
  private static float weigh(
      long weights, long partials, int chunks, long stride, float max, float sink) {
    // No chunk saw a key: (-inf) - (-inf) is NaN, so shift by 0.
    float shift = max == Float.NEGATIVE_INFINITY ? 0f : max;
    for (int c = 0; c < chunks; c++) {
      float m = MEMORY.get(FLOAT, partials + c * stride) - shift;
      MEMORY.set(FLOAT, weights + (long) c * Float.BYTES, m);
    }
    MEMORY.set(FLOAT, weights + (long) chunks * Float.BYTES, sink - shift);
    powers(weights, chunks + 1);
    float sum = 0;
    for (int c = 0; c < chunks; c++) {
      float l = MEMORY.get(FLOAT, partials + c * stride + Float.BYTES);
      sum = Math.fma(l, MEMORY.get(FLOAT, weights + (long) c * Float.BYTES), sum);
    }
    return sum + MEMORY.get(FLOAT, weights + (long) chunks * Float.BYTES);
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
