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
public final class Matrix {
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
    requireSize("rows", rows);
    requireSize("columns", columns);
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
    requireSize("rows", rows);
    requireSize("columns", columns);
    if (rowStride < columns) {
      throw new IllegalArgumentException(
          "rowStride is " + rowStride + ", must be at least columns = " + columns);
    }
    if (offset < 0) {
      throw new IllegalArgumentException("offset is " + offset + " bytes, must not be negative");
    }
    if (rows > 0 && columns > 0) {
      long elements;
      long end;
      try {
        elements = Math.addExact(Math.multiplyExact(rows - 1L, rowStride), columns);
        end = Math.addExact(offset, Math.multiplyExact(elements, Float.BYTES));
      } catch (ArithmeticException overflow) {
        end = Long.MAX_VALUE;
      }
      if (end > segment.byteSize()) {
        throw new IllegalArgumentException(
            "segment holds "
                + segment.byteSize()
                + " bytes, but "
                + rows
                + " x "
                + columns
                + " floats with rowStride "
                + rowStride
                + " at offset "
                + offset
                + " end at byte "
                + end);
      }
    }
    return new Matrix(segment, offset, rows, columns, rowStride);
  }

  /** Rows {@code from} to {@code from + count - 1}, sharing memory. */
  public Matrix rowRange(int from, int count) {
    requireRange("rows", from, count, rows);
    return new Matrix(segment, offset + from * rowStride * Float.BYTES, count, columns, rowStride);
  }

  /**
   * Columns {@code from} to {@code from + count - 1}, sharing memory: a head, or the queries of a
   * packed QKV.
   */
  public Matrix columnRange(int from, int count) {
    requireRange("columns", from, count, columns);
    return new Matrix(segment, offset + (long) from * Float.BYTES, rows, count, rowStride);
  }

  /** The segment that holds the data (not sliced to this view). */
  public MemorySegment segment() {
    return segment;
  }

  /** Bytes from the segment's start to element (0, 0). */
  public long offset() {
    return offset;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of columns. */
  public int columns() {
    return columns;
  }

  /** Elements from the start of one row to the start of the next. */
  public long rowStride() {
    return rowStride;
  }

  /** The address of element (0, 0), for kernels; valid while the segment's arena is open. */
  public long address() {
    return segment.address() + offset;
  }

  /** Element at ({@code row}, {@code column}), bounds checked. */
  public float get(int row, int column) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, byteOffset(row, column));
  }

  /** Sets the element at ({@code row}, {@code column}), bounds checked. */
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

  private static void requireSize(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", must not be negative");
    }
    if (value > MAX_SIZE) {
      throw new IllegalArgumentException(name + " is " + value + ", must be at most " + MAX_SIZE);
    }
  }

  private static void requireRange(String what, int from, int count, int limit) {
    if (from < 0 || count < 0 || from > limit - count) {
      throw new IllegalArgumentException(
          what
              + " "
              + from
              + " to "
              + ((long) from + count)
              + " (exclusive) are outside 0 to "
              + limit);
    }
  }

  @Override
  public String toString() {
    return "Matrix[" + rows + " x " + columns + ", rowStride " + rowStride + "]";
  }
}
