package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row-major view of 32-bit floats in off-heap memory: segment, byte offset, rows, columns and the
 * distance between rows.
 *
 * <p>A head of a packed QKV matrix, a slice of a cache or a memory-mapped tensor is a view; nothing
 * is copied. Vectors (a bias, a gain) are matrices of one row. Views are immutable and may be
 * shared between threads; the memory they show follows the rules of its arena.
 */
public final class Matrix implements MatrixView {
  /** Most rows, and most columns: kernels count in ints, with room for a step past the end. */
  public static final int MAX_SIZE = 1 << 30;

  private final MemorySegment segment;
  private final long offset;
  private final int rows;
  private final int columns;
  private final long rowStride;

  private Matrix(MemorySegment segment, long offset, int rows, int columns, long rowStride) {
    this.segment = segment;
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
    this.rowStride = rowStride;
  }

  /**
   * Allocates a zeroed matrix whose first element lies on a cache line.
   *
   * @throws IllegalArgumentException if {@code rows} or {@code columns} is negative
   */
  public static Matrix allocate(Arena arena, int rows, int columns) {
    ViewChecks.size("rows", rows);
    ViewChecks.size("columns", columns);
    long bytes = Math.multiplyExact(Math.multiplyExact((long) rows, columns), Float.BYTES);
    return new Matrix(OffHeap.allocate(arena, bytes), 0, rows, columns, columns);
  }

  /**
   * Copies {@code values}, row after row, into a newly allocated matrix: the one way in for on-heap
   * data.
   */
  public static Matrix copyOf(Arena arena, int rows, int columns, float... values) {
    Matrix matrix = allocate(arena, rows, columns);
    matrix.copyFrom(values);
    return matrix;
  }

  /**
   * Views existing memory.
   *
   * @param segment where the floats live, in native byte order
   * @param offset bytes from the segment's start to the first element
   * @param rowStride elements from one row's start to the next, at least {@code columns}
   * @throws IllegalArgumentException if the view does not fit inside the segment
   */
  public static Matrix of(
      MemorySegment segment, long offset, int rows, int columns, long rowStride) {
    ViewChecks.fits(segment, offset, rows, columns, rowStride, Float.BYTES, "floats");
    return new Matrix(segment, offset, rows, columns, rowStride);
  }

  /** Rows {@code from} to {@code from + count - 1}, sharing memory. */
  @Override
  public Matrix rowRange(int from, int count) {
    ViewChecks.range("rows", from, count, rows);
    return new Matrix(segment, offset + from * rowStride * Float.BYTES, count, columns, rowStride);
  }

  /**
   * Columns {@code from} to {@code from + count - 1}, sharing memory: a head, or the queries of a
   * packed QKV.
   */
  @Override
  public Matrix columnRange(int from, int count) {
    ViewChecks.range("columns", from, count, columns);
    return new Matrix(segment, offset + (long) from * Float.BYTES, rows, count, rowStride);
  }

  @Override
  public Storage storage() {
    return Storage.F32;
  }

  /** The segment that holds the data (not sliced to this view). */
  @Override
  public MemorySegment segment() {
    return segment;
  }

  /** Bytes from the segment's start to element (0, 0). */
  @Override
  public long offset() {
    return offset;
  }

  /** Number of rows. */
  @Override
  public int rows() {
    return rows;
  }

  /** Number of columns. */
  @Override
  public int columns() {
    return columns;
  }

  /** Elements from the start of one row to the start of the next. */
  @Override
  public long rowStride() {
    return rowStride;
  }

  /** Element at ({@code row}, {@code column}), bounds checked. */
  @Override
  public float get(int row, int column) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, byteOffset(row, column));
  }

  /** Sets the element at ({@code row}, {@code column}), bounds checked. */
  @Override
  public void set(int row, int column, float value) {
    segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, byteOffset(row, column), value);
  }

  /** Sets every element of this view. */
  public void fill(float value) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        set(r, c, value);
      }
    }
  }

  /** Copies {@code rows * columns} values, row after row, into this view. */
  public void copyFrom(float... values) {
    if (values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          "values has length "
              + values.length
              + ", must be rows * columns = "
              + (long) rows * columns);
    }
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(
          values, r * columns, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, rowOffset(r), columns);
    }
  }

  /** The elements of this view, row after row, in a new array. */
  public float[] toArray() {
    float[] values = new float[Math.multiplyExact(rows, columns)];
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(
          segment, ValueLayout.JAVA_FLOAT_UNALIGNED, rowOffset(r), values, r * columns, columns);
    }
    return values;
  }

  private long rowOffset(int row) {
    return offset + row * rowStride * Float.BYTES;
  }

  private long byteOffset(int row, int column) {
    if (row < 0 || row >= rows || column < 0 || column >= columns) {
      throw new IndexOutOfBoundsException("(" + row + ", " + column + ") is outside " + this);
    }
    return rowOffset(row) + (long) column * Float.BYTES;
  }

  @Override
  public String toString() {
    return "Matrix[" + rows + " x " + columns + ", rowStride " + rowStride + "]";
  }
}
