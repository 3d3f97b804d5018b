package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes strips of a row-major matrix: {@link io.github.lanewise.simd.Simd#LANES} rows become
 * as many columns.
 *
 * <p>A square of LANES x LANES is transposed by exchanging each bit of the row number with the same
 * bit of the lane number. Two bits at a time: four vectors are loaded, half their lanes change
 * places, they are stored. So each row is read a vector at a time, a cache line on AVX-512, and it
 * does not matter that rows a power of two apart share a set of the L1 cache; read float by float
 * they would push each other out (measured on Zen 4: 4 to 5 ns a float).
 */
final class Transposition {
  /**
   * Squares between the two passes over them: what was stored is still near. Long enough for the
   * hardware to see that the rows are streams (measured on Zen 4, of floats in memory: 0.37 ns each
   * with 512 columns, 0.48 with 128).
   */
  private static final int SQUARES = Math.max(1, 512 / LANES);

  private static final VectorShuffle<Float> NEIGHBOUR_1 = neighbour(1);
  private static final VectorShuffle<Float> NEIGHBOUR_2 = neighbour(2);
  private static final VectorShuffle<Float> NEIGHBOUR_4 = neighbour(4);
  private static final VectorShuffle<Float> NEIGHBOUR_8 = neighbour(8);
  private static final VectorMask<Float> UPPER_1 = upper(1);
  private static final VectorMask<Float> UPPER_2 = upper(2);
  private static final VectorMask<Float> UPPER_4 = upper(4);
  private static final VectorMask<Float> UPPER_8 = upper(8);

  private Transposition() {}

  /**
   * target[c][r] = source[min(r, rows - 1)][c] for all r below LANES: missing rows repeat the last.
   *
   * @param rows rows of the source, 1 to LANES
   * @param columns columns of the source, and rows of the target
   * @param sourceStride bytes between rows of the source
   * @param targetStride bytes between rows of the target, each LANES floats
   */
  static void strip(
      int rows, int columns, long source, long sourceStride, long target, long targetStride) {
    if (columns < LANES) {
      floats(rows, columns, source, sourceStride, target, targetStride);
      return;
    }
    int whole = columns / LANES;
    long squareBytes = LANES * targetStride;
    for (int i = 0; i < whole; i += SQUARES) {
      int count = Math.min(SQUARES, whole - i);
      long from = source + (long) i * BYTES;
      squares(rows, count, from, sourceStride, target + i * squareBytes, targetStride);
    }
    if (whole * LANES < columns) {
      // The last square begins early, and makes some rows again.
      int at = columns - LANES;
      long from = source + (long) at * Float.BYTES;
      squares(rows, 1, from, sourceStride, target + at * targetStride, targetStride);
    }
  }

  /** The same float by float. */
  private static void floats(
      int rows, int columns, long source, long sourceStride, long target, long targetStride) {
    for (int r = 0; r < LANES; r++) {
      long from = source + Math.min(r, rows - 1) * sourceStride;
      long to = target + (long) r * Float.BYTES;
      for (int c = 0; c < columns; c++) {
        MEMORY.set(FLOAT, to + c * targetStride, MEMORY.get(FLOAT, from + (long) c * Float.BYTES));
      }
    }
  }

  private static void squares(
      int rows, int count, long source, long sourceStride, long target, long targetStride) {
    int last = rows - 1;
    for (int r = 0; r < LANES; r += 4) {
      lowBits(
          count,
          source + Math.min(r, last) * sourceStride,
          source + Math.min(r + 1, last) * sourceStride,
          source + Math.min(r + 2, last) * sourceStride,
          source + Math.min(r + 3, last) * sourceStride,
          target + r * targetStride,
          targetStride);
    }
    for (int r = 0; r < 4 && LANES > 4; r++) {
      if (LANES == 8) {
        bit4(count, target + r * targetStride, targetStride);
      } else {
        bits4And8(count, target + r * targetStride, targetStride);
      }
    }
  }

  /** Exchanges bits 1 and 2 of four neighbouring rows in each of {@code count} squares. */
  private static void lowBits(
      int count, long row0, long row1, long row2, long row3, long target, long stride) {
    long squareBytes = LANES * stride;
    for (int i = 0; i < count; i++) {
      long at = (long) i * BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, row0 + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, row1 + at, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, row2 + at, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, row3 + at, ORDER);
      FloatVector a1 = a.blend(b.rearrange(NEIGHBOUR_1), UPPER_1);
      FloatVector b1 = a.rearrange(NEIGHBOUR_1).blend(b, UPPER_1);
      FloatVector c1 = c.blend(d.rearrange(NEIGHBOUR_1), UPPER_1);
      FloatVector d1 = c.rearrange(NEIGHBOUR_1).blend(d, UPPER_1);
      long to = target + i * squareBytes;
      a1.blend(c1.rearrange(NEIGHBOUR_2), UPPER_2).intoMemorySegment(MEMORY, to, ORDER);
      b1.blend(d1.rearrange(NEIGHBOUR_2), UPPER_2).intoMemorySegment(MEMORY, to + stride, ORDER);
      a1.rearrange(NEIGHBOUR_2)
          .blend(c1, UPPER_2)
          .intoMemorySegment(MEMORY, to + 2 * stride, ORDER);
      b1.rearrange(NEIGHBOUR_2)
          .blend(d1, UPPER_2)
          .intoMemorySegment(MEMORY, to + 3 * stride, ORDER);
    }
  }

  /** Exchanges bit 4 of rows four apart in each of {@code count} squares, in place. */
  private static void bit4(int count, long target, long stride) {
    long squareBytes = LANES * stride;
    for (int i = 0; i < count; i++) {
      long to = target + i * squareBytes;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * stride, ORDER);
      a.blend(b.rearrange(NEIGHBOUR_4), UPPER_4).intoMemorySegment(MEMORY, to, ORDER);
      a.rearrange(NEIGHBOUR_4).blend(b, UPPER_4).intoMemorySegment(MEMORY, to + 4 * stride, ORDER);
    }
  }

  /** Exchanges bits 4 and 8 of rows four apart in each of {@code count} squares, in place. */
  private static void bits4And8(int count, long target, long stride) {
    long squareBytes = LANES * stride;
    for (int i = 0; i < count; i++) {
      long to = target + i * squareBytes;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * stride, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 8 * stride, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 12 * stride, ORDER);
      FloatVector a1 = a.blend(b.rearrange(NEIGHBOUR_4), UPPER_4);
      FloatVector b1 = a.rearrange(NEIGHBOUR_4).blend(b, UPPER_4);
      FloatVector c1 = c.blend(d.rearrange(NEIGHBOUR_4), UPPER_4);
      FloatVector d1 = c.rearrange(NEIGHBOUR_4).blend(d, UPPER_4);
      a1.blend(c1.rearrange(NEIGHBOUR_8), UPPER_8).intoMemorySegment(MEMORY, to, ORDER);
      b1.blend(d1.rearrange(NEIGHBOUR_8), UPPER_8)
          .intoMemorySegment(MEMORY, to + 4 * stride, ORDER);
      a1.rearrange(NEIGHBOUR_8)
          .blend(c1, UPPER_8)
          .intoMemorySegment(MEMORY, to + 8 * stride, ORDER);
      b1.rearrange(NEIGHBOUR_8)
          .blend(d1, UPPER_8)
          .intoMemorySegment(MEMORY, to + 12 * stride, ORDER);
    }
  }

  /** Each lane takes the one whose number differs in this bit. */
  private static VectorShuffle<Float> neighbour(int bit) {
    return VectorShuffle.fromOp(FLOATS, i -> (i ^ bit) % LANES);
  }

  /** The lanes whose number has this bit. */
  private static VectorMask<Float> upper(int bit) {
    boolean[] lanes = new boolean[LANES];
    for (int i = 0; i < LANES; i++) {
      lanes[i] = (i & bit) != 0;
    }
    return VectorMask.fromArray(FLOATS, lanes, 0);
  }
}
