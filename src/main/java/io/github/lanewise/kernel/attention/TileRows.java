package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.simd.WideRows;

/**
 * The rows of a block, keys or values, and the four of them that a tile takes: where they lie, or
 * widened to floats in scratch.
 */
final class TileRows {
  private static final int ROWS = DecodeTile.ROWS;

  /**
   * Heads that are widened at once: enough for the four rows to be read as streams, and few enough
   * for them to stay in L1 beside queries and outputs. Measured on Zen 3, 8 heads of 128 bfloat16
   * for four queries each: 2 heads 1.08 times as fast as 8.
   */
  private static final int STAGED_HEADS = 2;

  /** The address of the first head's part of each row; the others follow it. */
  final long[] rows = new long[DecodeRows.BLOCK + ROWS];

  private Storage storage = Storage.F32;
  private int dim;
  private long headBytes;
  private long widenedBytes;
  private boolean isInPlace;
  private boolean isHalf;

  private int tiles;
  private long staged;
  private long zeros;

  private long row0;
  private long row1;
  private long row2;
  private long row3;

  /** Sets what the rows hold: heads of {@code dim} numbers, {@code widened} bytes as floats. */
  void shape(Storage newStorage, int newDim, long newWidened) {
    storage = newStorage;
    dim = newDim;
    widenedBytes = newWidened;
    headBytes = (long) dim * storage.bytes();
    isInPlace = storage == Storage.F32 && dim % Simd.LANES == 0;
    isHalf = storage != Storage.F32 && dim % (2 * Simd.LANES) == 0;
  }

  /** Bytes of scratch memory for rows of so many bytes as floats. */
  static long scratchBytes(long widened) {
    return (ROWS * STAGED_HEADS + 1) * widened;
  }

  /** Where that is. A row of zeros, of one head, is then at {@link #zeros}, to fill tiles up. */
  void place(long scratch) {
    staged = scratch;
    zeros = staged + ROWS * STAGED_HEADS * widenedBytes;
    ScoreLanes.fill(zeros, widenedBytes, 0f);
  }

  /** A row of zeros, of one head. */
  long zeros() {
    return zeros;
  }

  /** Tile j takes the rows j, j + {@code newTiles}, and so on. */
  void tiles(int newTiles) {
    tiles = newTiles;
  }

  /** How the rows are stored. */
  Storage storage() {
    return storage;
  }

  /** Bytes of a head's part of a row as it is stored. */
  long headBytes() {
    return headBytes;
  }

  /** Whether 16-bit rows fill whole vectors, so that they can be widened in registers. */
  boolean isHalf() {
    return isHalf;
  }

  /** Of so many heads, those whose rows of a tile are read at once. */
  int together(int heads) {
    return isInPlace ? heads : isHalf ? Math.min(heads, STAGED_HEADS) : 1;
  }

  /**
   * Takes the rows of tile j for {@code count} heads from {@code first} on, at most {@link
   * #together}, and one where a row is {@link #zeros}.
   */
  void take(int j, int first, int count) {
    row0 = stored(j, 0, first);
    row1 = stored(j, 1, first);
    row2 = stored(j, 2, first);
    row3 = stored(j, 3, first);
    if (isInPlace) {
      return;
    }
    if (count > 1) {
      long stride = STAGED_HEADS * widenedBytes;
      widenFour(count * dim, stride);
      row0 = staged;
      row1 = row0 + stride;
      row2 = row1 + stride;
      row3 = row2 + stride;
    } else {
      row0 = widen(row0, 0);
      row1 = widen(row1, 1);
      row2 = widen(row2, 2);
      row3 = widen(row3, 3);
    }
  }

  /** The first row that was taken, as floats in whole vectors, for the first of the heads. */
  long row0() {
    return row0;
  }

  long row1() {
    return row1;
  }

  long row2() {
    return row2;
  }

  long row3() {
    return row3;
  }

  /** Bytes from a head's row to that of the next, as they were taken. */
  long step() {
    return isInPlace ? headBytes : widenedBytes;
  }

  /** The row of a tile for one head, as floats in whole vectors. */
  long one(int j, int row, int itsHead) {
    long address = stored(j, row, itsHead);
    return isInPlace ? address : widen(address, row);
  }

  /** The row of a tile for one head as it is stored, or zeros. */
  long stored(int j, int row, int itsHead) {
    long address = rows[j + row * tiles];
    return address == zeros ? zeros : address + itsHead * headBytes;
  }

  private void widenFour(int n, long stride) {
    if (storage == Storage.BF16) {
      WideRows.fourBf16(row0, row1, row2, row3, n, staged, stride);
    } else {
      WideRows.fourF16(row0, row1, row2, row3, n, staged, stride);
    }
  }

  private long widen(long address, int row) {
    if (address == zeros) {
      return zeros;
    }
    long target = staged + row * widenedBytes;
    switch (storage) {
      case F32 -> WideRows.f32(address, dim, target);
      case BF16 -> WideRows.bf16(address, dim, target);
      case F16 -> WideRows.f16(address, dim, target);
    }
    return target;
  }
}
