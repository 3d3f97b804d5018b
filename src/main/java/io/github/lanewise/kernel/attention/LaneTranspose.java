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

  /** Rows that one call of {@link #far} takes, four apart; a block needs four calls. */
  static final int FAR_ROWS = LANES / 4;

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
   * Steps 1 and 2 for four rows, each multiplied by the vector at {@code factor}.
   *
   * @param target where the first of the four rows goes; the others follow at once
   */
  static void near(long row0, long row1, long row2, long row3, long factor, long target) {
    FloatVector f = FloatVector.fromMemorySegment(FLOATS, MEMORY, factor, ORDER);
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, row0, ORDER).mul(f);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, row1, ORDER).mul(f);
    FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, row2, ORDER).mul(f);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, row3, ORDER).mul(f);
    FloatVector a1 = a.blend(b.rearrange(DOWN_1), BIT_1);
    FloatVector b1 = a.rearrange(UP_1).blend(b, BIT_1);
    FloatVector c1 = c.blend(d.rearrange(DOWN_1), BIT_1);
    FloatVector d1 = c.rearrange(UP_1).blend(d, BIT_1);
    a1.blend(c1.rearrange(DOWN_2), BIT_2).intoMemorySegment(MEMORY, target, ORDER);
    b1.blend(d1.rearrange(DOWN_2), BIT_2).intoMemorySegment(MEMORY, target + BYTES, ORDER);
    a1.rearrange(UP_2).blend(c1, BIT_2).intoMemorySegment(MEMORY, target + 2L * BYTES, ORDER);
    b1.rearrange(UP_2).blend(d1, BIT_2).intoMemorySegment(MEMORY, target + 3L * BYTES, ORDER);
  }

  /**
   * The other steps for rows i, i + 4, ... of the block at {@code source}; row {@code i + 4n} goes
   * to the n-th address. Addresses past {@link #FAR_ROWS} are not used.
   */
  static void far(long source, int i, long row0, long row1, long row2, long row3) {
    if (LANES == 16) {
      far4(source + (long) i * BYTES, row0, row1, row2, row3);
    } else if (LANES == 8) {
      far2(source + (long) i * BYTES, row0, row1);
    } else {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, source + (long) i * BYTES, ORDER)
          .intoMemorySegment(MEMORY, row0, ORDER);
    }
  }

  private static void far4(long source, long row0, long row1, long row2, long row3) {
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, source, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, source + 4L * BYTES, ORDER);
    FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, source + 8L * BYTES, ORDER);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, source + 12L * BYTES, ORDER);
    FloatVector a1 = a.blend(b.rearrange(DOWN_4), BIT_4);
    FloatVector b1 = a.rearrange(UP_4).blend(b, BIT_4);
    FloatVector c1 = c.blend(d.rearrange(DOWN_4), BIT_4);
    FloatVector d1 = c.rearrange(UP_4).blend(d, BIT_4);
    a1.blend(c1.rearrange(DOWN_8), BIT_8).intoMemorySegment(MEMORY, row0, ORDER);
    b1.blend(d1.rearrange(DOWN_8), BIT_8).intoMemorySegment(MEMORY, row1, ORDER);
    a1.rearrange(UP_8).blend(c1, BIT_8).intoMemorySegment(MEMORY, row2, ORDER);
    b1.rearrange(UP_8).blend(d1, BIT_8).intoMemorySegment(MEMORY, row3, ORDER);
  }

  private static void far2(long source, long row0, long row1) {
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, source, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, source + 4L * BYTES, ORDER);
    a.blend(b.rearrange(DOWN_4), BIT_4).intoMemorySegment(MEMORY, row0, ORDER);
    a.rearrange(UP_4).blend(b, BIT_4).intoMemorySegment(MEMORY, row1, ORDER);
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
