package io.github.lanewise.op;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import java.lang.foreign.MemorySegment;

/**
 * The checks that stand between callers and raw addresses. Each names the argument, what it was and
 * what it must be.
 */
final class Checks {
  private Checks() {}

  /**
   * A matrix that will be read: of the given number of columns, native, aligned, open, and usable
   * by this thread.
   */
  static void input(String name, MatrixView matrix, int columns) {
    if (matrix.columns() != columns) {
      throw new IllegalArgumentException(
          name + " has " + matrix.columns() + " columns, must have " + columns);
    }
    readable(name, matrix);
  }

  /**
   * A matrix that will be written: like an input, of the given number of rows, and not read-only.
   */
  static void output(String name, Matrix matrix, int rows, int columns) {
    rows(name, matrix, rows);
    input(name, matrix, columns);
    if (matrix.segment().isReadOnly()) {
      throw new IllegalArgumentException(name + " is read-only, must be writable");
    }
  }

  static void rows(String name, MatrixView matrix, int rows) {
    if (matrix.rows() != rows) {
      throw new IllegalArgumentException(
          name + " has " + matrix.rows() + " rows, must have " + rows);
    }
  }

  /** A vector that will be read: one row of the given number of columns. */
  static void vector(String name, Matrix matrix, int columns) {
    rows(name, matrix, 1);
    input(name, matrix, columns);
  }

  static void epsilon(float epsilon) {
    if (!(epsilon >= 0) || Float.isInfinite(epsilon)) {
      throw new IllegalArgumentException(
          "epsilon is " + epsilon + ", must be a number that is not negative");
    }
  }

  static void atMost(String name, long value, int limit) {
    if (value > limit) {
      throw new IllegalArgumentException(name + " is " + value + ", must be at most " + limit);
    }
  }

  static int positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + ", must be at least 1");
    }
    return value;
  }

  static int notNegative(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", must not be negative");
    }
    return value;
  }

  static void index(String name, int index, int limit) {
    if (index < 0 || index >= limit) {
      throw new IllegalArgumentException(name + " is " + index + ", must be 0 to " + (limit - 1));
    }
  }

  static void open(String name, MemorySegment segment) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException(
          name + (name.endsWith("s") ? " lie" : " lies") + " in a closed arena");
    }
  }

  /** Open, and usable by this thread. */
  static void usable(String name, MemorySegment segment) {
    open(name, segment);
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalArgumentException(
          name
              + (name.endsWith("s") ? " lie" : " lies")
              + " in an arena confined to another thread, must be accessible by "
              + Thread.currentThread().getName());
    }
  }

  /** Two matrices that must share no byte. */
  static void disjoint(String name, MatrixView matrix, String otherName, MatrixView other) {
    if (overlap(matrix, other)) {
      throw new IllegalArgumentException(
          name + " overlaps " + otherName + ", must not share memory with it");
    }
  }

  /** Bytes and a matrix that must not span the same addresses. */
  static void disjoint(String name, ByteMatrix matrix, String otherName, Matrix other) {
    long from = matrix.address();
    long end = from + (matrix.rows() - 1) * matrix.rowStride() + matrix.columns();
    boolean isEmpty = matrix.rows() == 0 || matrix.columns() == 0;
    if (!isEmpty
        && from < end(other)
        && other.address() < end
        && other.rows() > 0
        && other.columns() > 0) {
      throw new IllegalArgumentException(
          name + " overlaps " + otherName + ", must not share memory with it");
    }
  }

  /** Two matrices that must be the same view, or share no byte. */
  static void sameOrDisjoint(String name, Matrix matrix, String otherName, Matrix other) {
    boolean same = matrix.address() == other.address() && matrix.rowStride() == other.rowStride();
    if (!same && overlap(matrix, other)) {
      throw new IllegalArgumentException(
          name
              + " partly overlaps "
              + otherName
              + ", must be the same view or share no memory with it");
    }
  }

  /** Bytes that will be read: native, open, usable by this thread, of at least these columns. */
  static void input(String name, ByteMatrix matrix, int rows, int columns) {
    if (matrix.rows() != rows || matrix.columns() < columns) {
      throw new IllegalArgumentException(
          "%s is %d x %d, must be %d x at least %d"
              .formatted(name, matrix.rows(), matrix.columns(), rows, columns));
    }
    isNative(name, matrix.segment());
    usable(name, matrix.segment());
  }

  private static void readable(String name, MatrixView matrix) {
    MemorySegment segment = matrix.segment();
    isNative(name, segment);
    usable(name, segment);
    int bytes = matrix.storage().bytes();
    if (matrix.address() % bytes != 0) {
      throw new IllegalArgumentException(
          name + " starts at address " + matrix.address() + ", must be a multiple of " + bytes);
    }
  }

  private static void isNative(String name, MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          name + " lies on the Java heap, must be off-heap (Matrix.copyOf copies an array)");
    }
  }

  /**
   * Whether two views share an element. Views of equal row stride that interleave (columns of one
   * packed matrix) are told apart exactly; others by the range of addresses that they span.
   */
  private static boolean overlap(MatrixView a, MatrixView b) {
    if (a.rows() == 0 || a.columns() == 0 || b.rows() == 0 || b.columns() == 0) {
      return false;
    }
    if (end(a) <= b.address() || end(b) <= a.address()) {
      return false;
    }
    long stride = a.rowStride();
    if (stride != b.rowStride() || a.storage().bytes() != b.storage().bytes()) {
      return true;
    }
    long distance = Math.floorMod((b.address() - a.address()) / a.storage().bytes(), stride);
    return distance < a.columns() || stride - distance < b.columns();
  }

  private static long end(MatrixView matrix) {
    return matrix.address()
        + ((matrix.rows() - 1) * matrix.rowStride() + matrix.columns()) * matrix.storage().bytes();
  }
}
