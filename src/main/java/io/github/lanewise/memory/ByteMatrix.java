package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row-major view of bytes in off-heap memory, such as a boolean mask: segment, byte offset, rows,
 * columns and the distance between rows. Immutable, like {@link Matrix}.
 *
 * @param segment where the bytes live
 * @param offset bytes from the segment's start to the first element
 * @param rows number of rows
 * @param columns number of columns
 * @param rowStride bytes from one row's start to the next, at least {@code columns}
 */
public record ByteMatrix(
    MemorySegment segment, long offset, int rows, int columns, long rowStride) {
  /** Checks that the view fits inside the segment. */
  public ByteMatrix {
    if (rows < 0 || columns < 0 || rowStride < columns || offset < 0) {
      throw new IllegalArgumentException(
          "rows = %d, columns = %d and offset = %d must not be negative, rowStride = %d not below columns"
              .formatted(rows, columns, offset, rowStride));
    }
    if (rows > 0 && columns > 0) {
      // In this form nothing can overflow.
      boolean tooLong =
          columns > segment.byteSize() - offset
              || (rows > 1 && rowStride > (segment.byteSize() - offset - columns) / (rows - 1L));
      if (tooLong) {
        throw new IllegalArgumentException(
            "segment holds %d bytes, too few for %d x %d with rowStride %d at offset %d"
                .formatted(segment.byteSize(), rows, columns, rowStride, offset));
      }
    }
  }

  /** Allocates a zeroed matrix. */
  public static ByteMatrix allocate(Arena arena, int rows, int columns) {
    long bytes = Math.multiplyExact((long) rows, columns);
    return new ByteMatrix(OffHeap.allocate(arena, bytes), 0, rows, columns, columns);
  }

  /** The address of element (0, 0), for kernels; valid while the segment's arena is open. */
  public long address() {
    return segment.address() + offset;
  }

  /** Element at ({@code row}, {@code column}), bounds checked. */
  public byte get(int row, int column) {
    return segment.get(ValueLayout.JAVA_BYTE, byteOffset(row, column));
  }

  /** Sets the element at ({@code row}, {@code column}), bounds checked. */
  public void set(int row, int column, byte value) {
    segment.set(ValueLayout.JAVA_BYTE, byteOffset(row, column), value);
  }

  private long byteOffset(int row, int column) {
    if (row < 0 || row >= rows || column < 0 || column >= columns) {
      throw new IndexOutOfBoundsException("(" + row + ", " + column + ") is outside " + this);
    }
    return offset + row * rowStride + column;
  }

  @Override
  public String toString() {
    return "ByteMatrix[" + rows + " x " + columns + ", rowStride " + rowStride + "]";
  }
}
