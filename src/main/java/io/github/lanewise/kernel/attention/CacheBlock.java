package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.LANES;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.FlatRows;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.simd.WideRows;

/**
 * A block of keys and values of a cache as floats in evenly spaced rows, as tiles read them: where
 * they lie if they lie like that, as they do in rings and long pages but where these end; otherwise
 * copied to scratch, and widened if they are of 16 bits. All queries of a tile read the copy, so it
 * costs little beside the products.
 */
final class CacheBlock {
  private static final int KEYS = AttentionTile.KEY_BLOCK;

  private final int headDim;
  private final int valueDim;
  private final long[] keys = new long[KEYS];
  private final long[] values = new long[KEYS];
  private long memory;

  CacheBlock(int headDim, int valueDim) {
    this.headDim = headDim;
    this.valueDim = valueDim;
  }

  /** Bytes of scratch memory. */
  static long bytes(int headDim, int valueDim) {
    return KEYS * (rowBytes(headDim) + rowBytes(valueDim));
  }

  private static long rowBytes(int dim) {
    return (dim + LANES - 1L) / LANES * Simd.BYTES;
  }

  /** Where copies lie from now on: behind what a tile needs of the scratch memory. */
  void moveTo(long scratch) {
    memory = scratch + AttentionTile.scratchBytes(headDim, valueDim);
  }

  /**
   * Has the sequence find its keys and values {@code from} to {@code from + count - 1}, and these
   * alone.
   */
  void load(KeyRows rows, Storage k, Storage v, int from, int count, AttentionSequence sequence) {
    rows.locate(from, count, keys, values);
    long keyStride = stride(k, keys, count);
    long keyRow = keys[0];
    if (keyStride < 0) {
      keyRow = memory;
      keyStride = rowBytes(headDim);
      copy(k, keys, count, headDim, keyRow, keyStride);
    }
    long valueStride = stride(v, values, count);
    long valueRow = values[0];
    if (valueStride < 0) {
      valueRow = memory + KEYS * rowBytes(headDim);
      valueStride = rowBytes(valueDim);
      copy(v, values, count, valueDim, valueRow, valueStride);
    }
    sequence.rows(keyRow - from * keyStride, keyStride, valueRow - from * valueStride, valueStride);
  }

  /** Bytes from one row to the next; negative if rows cannot be read where they lie. */
  private static long stride(Storage storage, long[] rows, int count) {
    if (storage != Storage.F32) {
      return -1;
    }
    long stride = count == 1 ? 0 : rows[1] - rows[0];
    for (int j = 2; j < count; j++) {
      if (rows[j] - rows[j - 1] != stride) {
        return -1;
      }
    }
    return stride;
  }

  private static void copy(
      Storage storage, long[] rows, int count, int n, long target, long stride) {
    for (int j = 0; j < count; j++) {
      long to = target + j * stride;
      switch (storage) {
        case F32 -> WideRows.f32(rows[j], n, to);
        case BF16 -> FlatRows.bf16(rows[j], n, to);
        case F16 -> FlatRows.f16(rows[j], n, to);
      }
    }
  }
}
