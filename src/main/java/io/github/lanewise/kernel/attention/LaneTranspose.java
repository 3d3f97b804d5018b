package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes square blocks of {@code LANES x LANES} floats in memory by butterflies: a step of
 * distance s swaps, between rows r and r + s, the halves whose column number has bit s.
 *
 * <p>Steps 1 and 2 stay within four neighbouring rows ({@link #near}), steps 4 and 8 within rows
 * four apart ({@link #far}): so neither needs more than four vectors at a time. Between them lies a
 * block of {@link #BLOCK_BYTES}.
 */
final class LaneTranspose {
  /** Bytes of a block. */
  static final int BLOCK_BYTES = LANES * BYTES;

  private static final VectorShuffle<Float> UP_1 = rotation(1);
  private static final VectorShuffle<Float> DOWN_1 = rotation(-1);
  private static final VectorShuffle<Float> UP_2 = rotation(2);
  private static final VectorShuffle<Float> DOWN_2 = rotation(-2);
  private static final VectorShuffle<Float> UP_4 = rotation(4);
  private static final VectorShuffle<Float> DOWN_4 = rotation(-4);
  private static final VectorShuffle<Float> UP_8 = rotation(8);
  private static final VectorShuffle<Float> DOWN_8 = rotation(-8);
  private static final VectorMask<Float> BIT_1 = withBit(1);
  private static final VectorMask<Float> BIT_2 = withBit(2);
  private static final VectorMask<Float> BIT_4 = withBit(4);
  private static final VectorMask<Float> BIT_8 = withBit(8);

  private LaneTranspose() {}

  /**
   * Steps 1 and 2 for four rows of {@code bytes} bytes, at least a vector: a block for each vector
   * of a row, the last of which begins early. Bits pass unchanged, whether they are floats or not.
   *
   * @param target where the first of the four rows of the first block goes; the others follow at
   *     once
   */
  static void near(long row0, long row1, long row2, long row3, long bytes, long target) {
    long last = bytes - BYTES;
    long to = target;
    for (long from = 0; from < bytes; from += BYTES) {
      long at = Math.min(from, last);
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, row0 + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, row1 + at, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, row2 + at, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, row3 + at, ORDER);
      FloatVector a1 = a.blend(b.rearrange(DOWN_1), BIT_1);
      FloatVector b1 = a.rearrange(UP_1).blend(b, BIT_1);
      FloatVector c1 = c.blend(d.rearrange(DOWN_1), BIT_1);
      FloatVector d1 = c.rearrange(UP_1).blend(d, BIT_1);
      a1.blend(c1.rearrange(DOWN_2), BIT_2).intoMemorySegment(MEMORY, to, ORDER);
      b1.blend(d1.rearrange(DOWN_2), BIT_2).intoMemorySegment(MEMORY, to + BYTES, ORDER);
      a1.rearrange(UP_2).blend(c1, BIT_2).intoMemorySegment(MEMORY, to + 2L * BYTES, ORDER);
      b1.rearrange(UP_2).blend(d1, BIT_2).intoMemorySegment(MEMORY, to + 3L * BYTES, ORDER);
      to += BLOCK_BYTES;
    }
  }

  /**
   * The other steps for all blocks of {@code dims} columns; column i goes to {@code target +
   * i·row}. With whole blocks, and rows of one vector, the target may be the source.
   */
  static void far(long source, int dims, long target, long row) {
    long from = source;
    for (int d = 0; d < dims; d += LANES) {
      long to = target + Math.min(d, dims - LANES) * row;
      if (LANES == 16) {
        far4(from, to, row);
      } else if (LANES == 8) {
        far2(from, to, row);
      } else {
        copy4(from, to, row);
      }
      from += BLOCK_BYTES;
    }
  }

  private static void far4(long source, long target, long row) {
    long to = target;
    for (long from = source; from < source + 4L * BYTES; from += BYTES) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, from, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 4L * BYTES, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 8L * BYTES, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 12L * BYTES, ORDER);
      FloatVector a1 = a.blend(b.rearrange(DOWN_4), BIT_4);
      FloatVector b1 = a.rearrange(UP_4).blend(b, BIT_4);
      FloatVector c1 = c.blend(d.rearrange(DOWN_4), BIT_4);
      FloatVector d1 = c.rearrange(UP_4).blend(d, BIT_4);
      a1.blend(c1.rearrange(DOWN_8), BIT_8).intoMemorySegment(MEMORY, to, ORDER);
      b1.blend(d1.rearrange(DOWN_8), BIT_8).intoMemorySegment(MEMORY, to + 4 * row, ORDER);
      a1.rearrange(UP_8).blend(c1, BIT_8).intoMemorySegment(MEMORY, to + 8 * row, ORDER);
      b1.rearrange(UP_8).blend(d1, BIT_8).intoMemorySegment(MEMORY, to + 12 * row, ORDER);
      to += row;
    }
  }

  private static void far2(long source, long target, long row) {
    long to = target;
    for (long from = source; from < source + 4L * BYTES; from += BYTES) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, from, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 4L * BYTES, ORDER);
      a.blend(b.rearrange(DOWN_4), BIT_4).intoMemorySegment(MEMORY, to, ORDER);
      a.rearrange(UP_4).blend(b, BIT_4).intoMemorySegment(MEMORY, to + 4 * row, ORDER);
      to += row;
    }
  }

  private static void copy4(long source, long target, long row) {
    long to = target;
    for (long from = source; from < source + 4L * BYTES; from += BYTES) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, from, ORDER)
          .intoMemorySegment(MEMORY, to, ORDER);
      to += row;
    }
  }

  private static VectorShuffle<Float> rotation(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> Math.floorMod(i + distance, LANES));
  }

  private static VectorMask<Float> withBit(int bit) {
    long bits = 0;
    for (int i = 0; i < LANES; i++) {
      bits |= (i & bit) != 0 ? 1L << i : 0;
    }
    return VectorMask.fromLong(FLOATS, bits);
  }
}
