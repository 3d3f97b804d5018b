package io.github.lanewise.jmh.peer;

import io.github.lanewise.memory.Matrix;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Matrices as the buffers that JNI libraries take; nothing is copied. */
final class DirectBuffers {
  private DirectBuffers() {}

  /**
   * The elements of a dense matrix.
   *
   * @throws IllegalArgumentException if there is room between its rows
   */
  static FloatBuffer of(Matrix matrix) {
    if (matrix.rowStride() != matrix.columns()) {
      throw new IllegalArgumentException(
          "rowStride is " + matrix.rowStride() + ", must be columns = " + matrix.columns());
    }
    long bytes = (long) matrix.rows() * matrix.columns() * Float.BYTES;
    return matrix
        .segment()
        .asSlice(matrix.offset(), bytes)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
