package io.github.lanewise.memory;

import java.lang.foreign.MemorySegment;

/**
 * A row-major view of off-heap memory, whatever the storage of its elements: {@link Matrix} of
 * 32-bit floats, {@link HalfMatrix} of 16-bit ones. Immutable.
 */
public sealed interface MatrixView permits Matrix, HalfMatrix {
  /** How the elements are stored. */
  Storage storage();

  /** The segment that holds the data (not sliced to this view). */
  MemorySegment segment();

  /** Bytes from the segment's start to element (0, 0). */
  long offset();

  /** Number of rows. */
  int rows();

  /** Number of columns. */
  int columns();

  /** Elements from the start of one row to the start of the next. */
  long rowStride();

  /** The address of element (0, 0), for kernels; valid while the segment's arena is open. */
  default long address() {
    return segment().address() + offset();
  }

  /** Bytes from the start of one row to the start of the next. */
  default long rowBytes() {
    return rowStride() * storage().bytes();
  }

  /** Element at ({@code row}, {@code column}) as a float, bounds checked. */
  float get(int row, int column);

  /** Sets the element at ({@code row}, {@code column}), rounded to its storage. */
  void set(int row, int column, float value);

  /** Rows {@code from} to {@code from + count - 1}, sharing memory. */
  MatrixView rowRange(int from, int count);

  /** Columns {@code from} to {@code from + count - 1}, sharing memory. */
  MatrixView columnRange(int from, int count);
}
