package io.github.lanewise.memory;

import java.lang.foreign.MemorySegment;

/** What every view of a segment must satisfy. */
final class ViewChecks {
  private ViewChecks() {}

  static void size(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", must not be negative");
    }
    if (value > Matrix.MAX_SIZE) {
      throw new IllegalArgumentException(
          name + " is " + value + ", must be at most " + Matrix.MAX_SIZE);
    }
  }

  static void range(String what, int from, int count, int limit) {
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

  /** A view of {@code elements} ("floats") of so many bytes that must fit inside the segment. */
  static void fits(
      MemorySegment segment,
      long offset,
      int rows,
      int columns,
      long rowStride,
      int elementBytes,
      String elements) {
    size("rows", rows);
    size("columns", columns);
    if (rowStride < columns) {
      throw new IllegalArgumentException(
          "rowStride is " + rowStride + ", must be at least columns = " + columns);
    }
    if (offset < 0) {
      throw new IllegalArgumentException("offset is " + offset + " bytes, must not be negative");
    }
    if (rows > 0 && columns > 0) {
      long end = end(offset, rows, columns, rowStride, elementBytes);
      if (end > segment.byteSize()) {
        throw new IllegalArgumentException(
            "segment holds %d bytes, but %d x %d %s with rowStride %d at offset %d end at byte %d"
                .formatted(segment.byteSize(), rows, columns, elements, rowStride, offset, end));
      }
    }
  }

  private static long end(long offset, int rows, int columns, long rowStride, int elementBytes) {
    try {
      long count = Math.addExact(Math.multiplyExact(rows - 1L, rowStride), columns);
      return Math.addExact(offset, Math.multiplyExact(count, (long) elementBytes));
    } catch (ArithmeticException overflow) {
      return Long.MAX_VALUE;
    }
  }
}
