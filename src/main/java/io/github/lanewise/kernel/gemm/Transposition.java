package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.LaneBit;
import jdk.incubator.vector.FloatVector;

/**
 * Transposes strips of a row-major matrix: {@link io.github.lanewise.simd.Simd#LANES} rows become
 * as many columns. Others transpose squares of rows that lie anywhere in two steps: {@link
 * #lowBits} for every four rows, then {@link #highBits}.
 *
 * <p>A square of LANES x LANES is transposed by exchanging each bit of the row number with the same
 * bit of the lane number. Two bits at a time, see {@link LaneBit}: four vectors are loaded, half
 * their lanes change places, they are stored. So each row is read a vector at a time, a cache line
 * on AVX-512, and it does not matter that rows a power of two apart share a set of the L1 cache;
 * read float by float they would push each other out (measured on Zen 4: 4 to 5 ns a float).
 */
public final class Transposition {
  /** Bytes of a square. */
  public static final int SQUARE_BYTES = LANES * BYTES;

  /**
   * Squares between the two passes over them: what was stored is still near. Long enough for the
   * hardware to see that the rows are streams (measured on Zen 4, of floats in memory: 0.37 ns each
   * with 512 columns, 0.48 with 128).
   */
  private static final int SQUARES = Math.max(1, 512 / LANES);

  /** The bits of a stride: C2 checks no address that a few of them lead to. */
  private static final long STRIDE = (1L << 48) - 1;

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
    highBits(count, target, targetStride);
  }

  /**
   * Exchanges bits 1 and 2 of four neighbouring rows in each of {@code count} squares.
   *
   * @param row0 the first row of the squares, which lie side by side; the others may be anywhere,
   *     but not in the target
   * @param target where it goes of the first square; the other three follow, {@code stride} bytes
   *     apart, at least a vector; the squares lie below each other
   */
  public static void lowBits(
      int count, long row0, long row1, long row2, long row3, long target, long stride) {
    long from0 = row0 & ADDRESS;
    long from1 = row1 & ADDRESS;
    long from2 = row2 & ADDRESS;
    long from3 = row3 & ADDRESS;
    long step = stride & STRIDE;
    long next = target;
    for (int i = 0; i < count; i++) {
      long at = (long) i * BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, from0 + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from1 + at, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, from2 + at, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, from3 + at, ORDER);
      FloatVector a1 = LaneBit.evens(a, b);
      FloatVector b1 = LaneBit.odds(a, b);
      FloatVector c1 = LaneBit.evens(c, d);
      FloatVector d1 = LaneBit.odds(c, d);
      FloatVector ac = LaneBit.TWO.crossing(a1, c1);
      FloatVector bd = LaneBit.TWO.crossing(b1, d1);
      long to = next & ADDRESS;
      next += LANES * step;
      LaneBit.TWO.lower(a1, ac).intoMemorySegment(MEMORY, to, ORDER);
      LaneBit.TWO.lower(b1, bd).intoMemorySegment(MEMORY, to + step, ORDER);
      LaneBit.TWO.upper(c1, ac).intoMemorySegment(MEMORY, to + 2 * step, ORDER);
      LaneBit.TWO.upper(d1, bd).intoMemorySegment(MEMORY, to + 3 * step, ORDER);
    }
  }

  /**
   * Exchanges the other bits, of rows four apart, in each of {@code count} squares, in place: after
   * {@link #lowBits} of all their rows they are transposed.
   *
   * @param target the first row of the first square, {@code stride} bytes a row
   */
  public static void highBits(int count, long target, long stride) {
    for (int r = 0; r < 4 && LANES > 4; r++) {
      if (LANES == 8) {
        bit4(count, target + r * stride, stride);
      } else {
        bits4And8(count, target + r * stride, stride);
      }
    }
  }

  private static void bit4(int count, long target, long stride) {
    long step = stride & STRIDE;
    long next = target;
    for (int i = 0; i < count; i++) {
      long to = next & ADDRESS;
      next += LANES * step;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * step, ORDER);
      FloatVector ab = LaneBit.FOUR.crossing(a, b);
      LaneBit.FOUR.lower(a, ab).intoMemorySegment(MEMORY, to, ORDER);
      LaneBit.FOUR.upper(b, ab).intoMemorySegment(MEMORY, to + 4 * step, ORDER);
    }
  }

  private static void bits4And8(int count, long target, long stride) {
    long step = stride & STRIDE;
    long next = target;
    for (int i = 0; i < count; i++) {
      long to = next & ADDRESS;
      next += LANES * step;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * step, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 8 * step, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 12 * step, ORDER);
      FloatVector ab = LaneBit.FOUR.crossing(a, b);
      FloatVector cd = LaneBit.FOUR.crossing(c, d);
      FloatVector a1 = LaneBit.FOUR.lower(a, ab);
      FloatVector b1 = LaneBit.FOUR.upper(b, ab);
      FloatVector c1 = LaneBit.FOUR.lower(c, cd);
      FloatVector d1 = LaneBit.FOUR.upper(d, cd);
      FloatVector ac = LaneBit.EIGHT.crossing(a1, c1);
      FloatVector bd = LaneBit.EIGHT.crossing(b1, d1);
      LaneBit.EIGHT.lower(a1, ac).intoMemorySegment(MEMORY, to, ORDER);
      LaneBit.EIGHT.lower(b1, bd).intoMemorySegment(MEMORY, to + 4 * step, ORDER);
      LaneBit.EIGHT.upper(c1, ac).intoMemorySegment(MEMORY, to + 8 * step, ORDER);
      LaneBit.EIGHT.upper(d1, bd).intoMemorySegment(MEMORY, to + 12 * step, ORDER);
    }
  }
}
