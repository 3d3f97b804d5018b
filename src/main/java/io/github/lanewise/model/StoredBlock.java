package io.github.lanewise.model;

import io.github.lanewise.format.StoredTensor;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Copies rows and columns of a tensor from its file, widened to f32. */
final class StoredBlock {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private StoredBlock() {}

  /**
   * Fills {@code target} from a vector or table, from a row of it on. Like {@link #read}, by
   * segment, not by address: the file need not be aligned, and one that was cut short meanwhile is
   * an error and no crash.
   */
  static void copy(StoredTensor tensor, int firstRow, Matrix target) {
    int columns = target.columns();
    if (tensor.type().storage() == Storage.F32) {
      for (int r = 0; r < target.rows(); r++) {
        long from = offset(tensor, firstRow + r, 0);
        long to = target.offset() + r * target.rowBytes();
        MemorySegment.copy(tensor.data(), from, target.segment(), to, (long) columns * Float.BYTES);
      }
      return;
    }
    float[] row = new float[columns];
    for (int r = 0; r < target.rows(); r++) {
      widen(tensor, offset(tensor, firstRow + r, 0), row, 0, columns);
      target.rowRange(r, 1).copyFrom(row);
    }
  }

  /** Reads rows and columns of a matrix, row after row. */
  static void read(
      StoredTensor tensor, int firstRow, int firstColumn, int rows, int columns, float[] target) {
    for (int r = 0; r < rows; r++) {
      long from = offset(tensor, firstRow + r, firstColumn);
      if (tensor.type().storage() == Storage.F32) {
        MemorySegment.copy(tensor.data(), FLOAT, from, target, r * columns, columns);
      } else {
        widen(tensor, from, target, r * columns, columns);
      }
    }
  }

  private static long offset(StoredTensor tensor, int row, int column) {
    return (row * tensor.shape().getLast() + column) * tensor.type().bytes();
  }

  private static void widen(StoredTensor tensor, long from, float[] target, int first, int count) {
    short[] bits = new short[count];
    MemorySegment.copy(tensor.data(), SHORT, from, bits, 0, count);
    if (tensor.type().storage() == Storage.F16) {
      for (int i = 0; i < count; i++) {
        target[first + i] = Float.float16ToFloat(bits[i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        target[first + i] = Float.intBitsToFloat(bits[i] << 16);
      }
    }
  }
}
