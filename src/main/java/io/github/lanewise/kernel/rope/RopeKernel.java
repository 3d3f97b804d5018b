package io.github.lanewise.kernel.rope;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Rotary position embedding (Su et al. 2021) of one head in place, from a row of cosines and a row
 * of sines of its position.
 */
public final class RopeKernel {
  private static final VectorShuffle<Float> SWAP_PAIRS = VectorShuffle.fromOp(FLOATS, i -> i ^ 1);

  private RopeKernel() {}

  /**
   * Rotates the pairs (i, i + half).
   *
   * @param x {@code 2 * half} floats
   * @param cos {@code half} floats
   * @param sin {@code half} floats
   */
  public static void halves(long x, long cos, long sin, int half) {
    long second = x + (long) half * Float.BYTES;
    int i = 0;
    for (; i <= half - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, second + at, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, cos + at, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sin + at, ORDER);
      a.fma(c, b.mul(s).neg()).intoMemorySegment(MEMORY, x + at, ORDER);
      b.fma(c, a.mul(s)).intoMemorySegment(MEMORY, second + at, ORDER);
    }
    if (i < half) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, half);
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, second + at, ORDER, rest);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, cos + at, ORDER, rest);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sin + at, ORDER, rest);
      a.fma(c, b.mul(s).neg()).intoMemorySegment(MEMORY, x + at, ORDER, rest);
      b.fma(c, a.mul(s)).intoMemorySegment(MEMORY, second + at, ORDER, rest);
    }
  }

  /**
   * Rotates the pairs (2i, 2i + 1).
   *
   * @param x {@code headDim} floats
   * @param cos {@code headDim} floats, each cosine twice
   * @param sin {@code headDim} floats, each sine twice, first negated
   */
  public static void interleaved(long x, long cos, long sin, int headDim) {
    int i = 0;
    for (; i <= headDim - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER);
      FloatVector swapped = a.rearrange(SWAP_PAIRS);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, cos + at, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sin + at, ORDER);
      a.fma(c, swapped.mul(s)).intoMemorySegment(MEMORY, x + at, ORDER);
    }
    if (i < headDim) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, headDim);
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest);
      FloatVector swapped = a.rearrange(SWAP_PAIRS);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, cos + at, ORDER, rest);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, sin + at, ORDER, rest);
      a.fma(c, swapped.mul(s)).intoMemorySegment(MEMORY, x + at, ORDER, rest);
    }
  }
}
