package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row-major view of 16-bit floats, {@link Storage#F16} or {@link Storage#BF16}, in off-heap
 * memory: half the bytes of a {@link Matrix}, for keys, values and weights that memory limits.
 *
 * <p>Reading is exact. Writing rounds to the nearest, ties to even; what is too large becomes
 * infinity. Views are immutable and may be shared between threads; the memory they show follows the
 * rules of its arena.
 */
public final class HalfMatrix implements MatrixView {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private final Storage storage;
  private final MemorySegment segment;
  private final long offset;
  private final int rows;
  private final int columns;
  private final long rowStride;

  private HalfMatrix(
      Storage storage, MemorySegment segment, long offset, int rows, int columns, long rowStride) {
    this.storage = storage;
    this.segment = segment;
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
    this.rowStride = rowStride;
  }

  /**
   * Allocates a zeroed matrix whose first element lies on a cache line.
   *
   * @throws IllegalArgumentException if {@code storage} is not of 16 bits, or {@code rows} or
   *     {@code columns} is negative
   */
  public static HalfMatrix allocate(Arena arena, Storage storage, int rows, int columns) {
    requireHalf(storage);
    ViewChecks.size("rows", rows);
    ViewChecks.size("columns", columns);
    long bytes = (long) rows * columns * Short.BYTES;
    return new HalfMatrix(storage, OffHeap.allocate(arena, bytes), 0, rows, columns, columns);
  }

  /**
   * Views existing memory.
   *
   * @param segment where the numbers live, in native byte order
   * @param offset bytes from the segment's start to the first element
   * @param rowStride elements from one row's start to the next, at least {@code columns}
   * @throws IllegalArgumentException if {@code storage} is not of 16 bits or the view does not fit
   *     inside the segment
   */
  public static HalfMatrix of(
      MemorySegment segment, Storage storage, long offset, int rows, int columns, long rowStride) {
    requireHalf(storage);
    ViewChecks.fits(segment, offset, rows, columns, rowStride, Short.BYTES, "16-bit floats");
    return new HalfMatrix(storage, segment, offset, rows, columns, rowStride);
  }

  @Override
  public HalfMatrix rowRange(int from, int count) {
    ViewChecks.range("rows", from, count, rows);
    long start = offset + from * rowStride * Short.BYTES;
    return new HalfMatrix(storage, segment, start, count, columns, rowStride);
  }

  @Override
  public HalfMatrix columnRange(int from, int count) {
    ViewChecks.range("columns", from, count, columns);
    long start = offset + (long) from * Short.BYTES;
    return new HalfMatrix(storage, segment, start, rows, count, rowStride);
  }

  @Override
  public Storage storage() {
    return storage;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public long rowStride() {
    return rowStride;
  }

  @Override
  public float get(int row, int column) {
    short bits = segment.get(SHORT, byteOffset(row, column));
    return storage == Storage.F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
  }

  @Override
  public void set(int row, int column, float value) {
    short bits = storage == Storage.F16 ? Float.floatToFloat16(value) : Storage.toBfloat16(value);
    segment.set(SHORT, byteOffset(row, column), bits);
  }

  /** Copies a matrix of the same rows and columns, rounding each element. */
  public void copyFrom(Matrix source) {
    if (source.rows() != rows || source.columns() != columns) {
      throw new IllegalArgumentException(
          "source is " + source + ", must have the shape of " + this);
    }
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        set(r, c, source.get(r, c));
      }
    }
  }

  private long byteOffset(int row, int column) {
    if (row < 0 || row >= rows || column < 0 || column >= columns) {
      throw new IndexOutOfBoundsException("(" + row + ", " + column + ") is outside " + this);
    }
    return offset + (row * rowStride + column) * Short.BYTES;
  }

  private static void requireHalf(Storage storage) {
    if (storage.bytes() != Short.BYTES) {
      throw new IllegalArgumentException("storage is " + storage + ", must be F16 or BF16");
    }
  }

  @Override
  public String toString() {
    return "HalfMatrix["
        + storage
        + ", "
        + rows
        + " x "
        + columns
        + ", rowStride "
        + rowStride
        + "]";
  }
}
