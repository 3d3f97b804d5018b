package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Single rows of matrices of equal width. */
final class Rows {
  private Rows() {}

  /** target[targetRow] = source[sourceRow]. */
  static void copy(Matrix source, int sourceRow, Matrix target, int targetRow) {
    copy(source, sourceRow, 0, source.columns(), target, targetRow);
  }

  /** The first columns of target[targetRow] = some of source[sourceRow]. */
  static void copy(
      Matrix source, int sourceRow, int firstColumn, int columns, Matrix target, int targetRow) {
    MemorySegment.copy(
        source.segment(),
        offset(source, sourceRow) + (long) firstColumn * Float.BYTES,
        target.segment(),
        offset(target, targetRow),
        (long) columns * Float.BYTES);
  }

  /** target[targetRow] = source[sourceRow], rounded to the target's storage. */
  static void copy(Matrix source, int sourceRow, MatrixView target, int targetRow) {
    if (target instanceof Matrix floats) {
      copy(source, sourceRow, floats, targetRow);
      return;
    }
    MemorySegment from = source.segment();
    MemorySegment to = target.segment();
    boolean isF16 = target.storage() == Storage.F16;
    long i = offset(source, sourceRow);
    long j = target.offset() + targetRow * target.rowBytes();
    long end = i + (long) source.columns() * Float.BYTES;
    for (; i < end; i += Float.BYTES, j += Short.BYTES) {
      float x = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      short bits = isF16 ? Float.floatToFloat16(x) : Storage.toBfloat16(x);
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, j, bits);
    }
  }

  /** target[targetRow] += source[sourceRow]. */
  static void add(Matrix source, int sourceRow, Matrix target, int targetRow) {
    MemorySegment from = source.segment();
    MemorySegment to = target.segment();
    long i = offset(source, sourceRow);
    long j = offset(target, targetRow);
    long end = i + (long) source.columns() * Float.BYTES;
    for (; i < end; i += Float.BYTES, j += Float.BYTES) {
      float sum =
          to.get(ValueLayout.JAVA_FLOAT_UNALIGNED, j)
              + from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, j, sum);
    }
  }

  /** matrix[row] *= factor. */
  static void scale(float factor, Matrix matrix, int row) {
    MemorySegment segment = matrix.segment();
    long i = offset(matrix, row);
    long end = i + (long) matrix.columns() * Float.BYTES;
    for (; i < end; i += Float.BYTES) {
      float value = segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i, factor * value);
    }
  }

  private static long offset(Matrix matrix, int row) {
    return matrix.offset() + row * matrix.rowStride() * Float.BYTES;
  }
}
