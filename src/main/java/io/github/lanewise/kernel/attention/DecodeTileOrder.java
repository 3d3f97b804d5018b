package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.LaneBit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Puts the scores of a query into the order of its rows. A tile takes four rows that lie a quarter
 * of the block apart and writes their scores beside each other: a transposition.
 */
final class DecodeTileOrder {
  private static final int ROWS = DecodeTile.ROWS;

  /** From the order of bits that two exchanges leave to that of the tiles. */
  private static final VectorShuffle<Float> BY_TILE =
      VectorShuffle.fromOp(FLOATS, i -> i % (LANES / ROWS) * ROWS + i / (LANES / ROWS));

  private DecodeTileOrder() {}

  /** From {@code source[tile][row]} to {@code target[row][tile]}. */
  static void restore(long source, int tiles, long target) {
    if (tiles < LANES) {
      transposeFloats(source, tiles, target);
    } else {
      transpose(source, tiles, target);
    }
  }

  private static void transposeFloats(long source, int tiles, long target) {
    for (int j = 0; j < tiles; j++) {
      for (int row = 0; row < ROWS; row++) {
        float x = MEMORY.get(FLOAT, source + (long) (j * ROWS + row) * Float.BYTES);
        MEMORY.set(FLOAT, target + (long) (row * tiles + j) * Float.BYTES, x);
      }
    }
  }

  /** A vector of tiles at a time; the last one begins early. */
  private static void transpose(long source, int tiles, long target) {
    long step = (long) tiles * Float.BYTES;
    for (int j = 0; j < tiles; j += LANES) {
      int first = Math.min(j, tiles - LANES);
      long from = (source + (long) first * ROWS * Float.BYTES) & ADDRESS;
      long to = (target + (long) first * Float.BYTES) & ADDRESS;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, MEMORY, from, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + BYTES, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 2L * BYTES, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, from + 3L * BYTES, ORDER);
      FloatVector a1 = LaneBit.evens(a, b);
      FloatVector b1 = LaneBit.odds(a, b);
      FloatVector c1 = LaneBit.evens(c, d);
      FloatVector d1 = LaneBit.odds(c, d);
      FloatVector ac = LaneBit.TWO.crossing(a1, c1);
      FloatVector bd = LaneBit.TWO.crossing(b1, d1);
      FloatVector row0 = LaneBit.TWO.lower(a1, ac).rearrange(BY_TILE);
      FloatVector row1 = LaneBit.TWO.lower(b1, bd).rearrange(BY_TILE);
      FloatVector row2 = LaneBit.TWO.upper(c1, ac).rearrange(BY_TILE);
      FloatVector row3 = LaneBit.TWO.upper(d1, bd).rearrange(BY_TILE);
      row0.intoMemorySegment(MEMORY, to, ORDER);
      row1.intoMemorySegment(MEMORY, to + step, ORDER);
      row2.intoMemorySegment(MEMORY, to + 2 * step, ORDER);
      row3.intoMemorySegment(MEMORY, to + 3 * step, ORDER);
    }
  }
}
