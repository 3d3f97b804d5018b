package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * The online softmax of one query over a block of scores that lie beside each other, in base 2.
 *
 * <p>Each query has a state of {@link #STATE_BYTES}: the largest score so far, the sum of the
 * exponentials relative to it, and the factor that the last block asks earlier outputs to be scaled
 * by.
 */
final class DecodeSoftmax {
  static final long MAX = 0;
  static final long SUM = 4;
  static final long FACTOR = 8;
  static final long STATE_BYTES = 16;

  private DecodeSoftmax() {}

  /** Nothing seen yet. */
  static void reset(long state) {
    MEMORY.set(FLOAT, state + MAX, Float.NEGATIVE_INFINITY);
    MEMORY.set(FLOAT, state + SUM, 0f);
  }

  /**
   * Replaces {@code count} scores s by 2^(s - m), m being the largest so far, and updates the
   * state. Behind them the scores up to a whole vector are overwritten: their weights are 0.
   *
   * @return whether the factor is not 1
   */
  static boolean block(long scores, int count, long state) {
    long end = scores + (long) count * Float.BYTES;
    for (int rest = -count & (LANES - 1); rest > 0; rest--, end += Float.BYTES) {
      MEMORY.set(FLOAT, end, Float.NEGATIVE_INFINITY);
    }
    // Two methods, compiled on their own, for C2's limit of one exponential a method.
    float factor = raise(scores, end, state);
    float sum = exponentials(scores, end, MEMORY.get(FLOAT, state + MAX));
    MEMORY.set(FLOAT, state + SUM, Math.fma(MEMORY.get(FLOAT, state + SUM), factor, sum));
    MEMORY.set(FLOAT, state + FACTOR, factor);
    return factor != 1f;
  }

  /** Updates the maximum; returns what was summed up to now must be scaled by. */
  private static float raise(long scores, long end, long state) {
    float before = MEMORY.get(FLOAT, state + MAX);
    float after = Math.max(before, highest(scores, end));
    if (after == before) {
      return 1f;
    }
    MEMORY.set(FLOAT, state + MAX, after);
    return power(before - after);
  }

  /** The largest score, or a NaN. */
  private static float highest(long scores, long end) {
    FloatVector top = FloatVector.fromMemorySegment(FLOATS, MEMORY, scores, ORDER);
    for (long at = scores + BYTES; at != end; at += BYTES) {
      top = Lanes.larger(FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER), top);
    }
    return Lanes.max(top);
  }

  private static float power(float t) {
    return ScoreLanes.powerOfTwo(FloatVector.broadcast(FLOATS, t)).lane(0);
  }

  private static float exponentials(long scores, long end, float max) {
    // Nothing seen so far: (-inf) - (-inf) is NaN, so shift by 0 and let 2^(-inf) be 0.
    float shift = max == Float.NEGATIVE_INFINITY ? 0f : max;
    FloatVector m = FloatVector.broadcast(FLOATS, shift);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long at = scores; at != end; at += BYTES) {
      FloatVector e =
          ScoreLanes.powerOfTwo(FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).sub(m));
      e.intoMemorySegment(MEMORY, at, ORDER);
      sum = e.add(sum);
    }
    return Lanes.sum(sum);
  }

  /** Multiplies a row of whole vectors by a number. */
  static void scale(long row, long length, float factor) {
    FloatVector f = FloatVector.broadcast(FLOATS, factor);
    for (long at = 0; at != length; at += BYTES) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, row + at, ORDER)
          .mul(f)
          .intoMemorySegment(MEMORY, row + at, ORDER);
    }
  }
}
