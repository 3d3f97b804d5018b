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
   * Fills {@code target} from a vector or matrix, beginning at a row and a column of it. Reads by
   * segment, not by address: the file need not be aligned, and one that was cut short meanwhile is
   * an error and no crash.
   */
  static void copy(StoredTensor tensor, int firstRow, int firstColumn, Matrix target) {
    long width = tensor.shape().getLast();
    long bytes = tensor.type().bytes();
    int columns = target.columns();
    if (tensor.type().storage() == Storage.F32) {
      for (int r = 0; r < target.rows(); r++) {
        long from = ((firstRow + r) * width + firstColumn) * bytes;
        long to = target.offset() + r * target.rowBytes();
        MemorySegment.copy(
            tensor.data(),
            FLOAT,
            from,
            target.segment(),
            ValueLayout.JAVA_FLOAT_UNALIGNED,
            to,
            columns);
      }
      return;
    }
    float[] row = new float[columns];
    for (int r = 0; r < target.rows(); r++) {
      widen(tensor, ((firstRow + r) * width + firstColumn) * bytes, row);
      target.rowRange(r, 1).copyFrom(row);
    }
  }

  private static void widen(StoredTensor tensor, long from, float[] row) {
    short[] bits = new short[row.length];
    MemorySegment.copy(tensor.data(), SHORT, from, bits, 0, row.length);
    if (tensor.type().storage() == Storage.F16) {
      for (int i = 0; i < row.length; i++) {
        row[i] = Float.float16ToFloat(bits[i]);
      }
    } else {
      for (int i = 0; i < row.length; i++) {
        row[i] = Float.intBitsToFloat(bits[i] << 16);
      }
    }
  }
}
