package io.github.lanewise.memory;

/**
 * Matrices of one shape at equal distances: item i is made of rows {@code i * itemStride} to {@code
 * i * itemStride + rows - 1} of one matrix. With an item stride of 0 all items are the same matrix.
 *
 * <p>Immutable; nothing is copied.
 */
public final class MatrixStack {
  private final Matrix matrix;
  private final int count;
  private final int rows;
  private final int itemStride;

  private MatrixStack(Matrix matrix, int count, int rows, int itemStride) {
    this.matrix = matrix;
    this.count = count;
    this.rows = rows;
    this.itemStride = itemStride;
  }

  /**
   * The rows of {@code matrix}, cut into {@code count} items of equal height.
   *
   * @throws IllegalArgumentException if {@code count} is not positive, or does not divide the rows
   */
  public static MatrixStack of(Matrix matrix, int count) {
    requirePositive(count);
    if (matrix.rows() % count != 0) {
      throw new IllegalArgumentException(
          "matrix has " + matrix.rows() + " rows, must have a multiple of count = " + count);
    }
    int rows = matrix.rows() / count;
    return new MatrixStack(matrix, count, rows, rows);
  }

  /**
   * Items of {@code rows} rows, {@code itemStride} rows of {@code matrix} apart.
   *
   * @throws IllegalArgumentException if {@code count} is not positive, another size is negative, or
   *     the last item does not fit into the matrix
   */
  public static MatrixStack of(Matrix matrix, int count, int rows, int itemStride) {
    requirePositive(count);
    if (rows < 0 || itemStride < 0) {
      throw new IllegalArgumentException(
          "rows is %d and itemStride is %d, must not be negative".formatted(rows, itemStride));
    }
    long end = (count - 1L) * itemStride + rows;
    if (end > matrix.rows()) {
      throw new IllegalArgumentException(
          "matrix has %d rows, must have %d for %d items of %d rows, %d rows apart"
              .formatted(matrix.rows(), end, count, rows, itemStride));
    }
    return new MatrixStack(matrix, count, rows, itemStride);
  }

  /**
   * The same matrix {@code count} times.
   *
   * @throws IllegalArgumentException if {@code count} is not positive
   */
  public static MatrixStack repeat(Matrix matrix, int count) {
    return of(matrix, count, matrix.rows(), 0);
  }

  /** The matrix that holds all items, and what lies between them. */
  public Matrix matrix() {
    return matrix;
  }

  /** Number of items. */
  public int count() {
    return count;
  }

  /** Rows of each item. */
  public int rows() {
    return rows;
  }

  /** Columns of each item. */
  public int columns() {
    return matrix.columns();
  }

  /** Rows of the matrix from the start of one item to the start of the next. */
  public int itemStride() {
    return itemStride;
  }

  /** Item {@code index}, sharing memory. */
  public Matrix item(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("item " + index + " is outside " + this);
    }
    return matrix.rowRange(index * itemStride, rows);
  }

  private static void requirePositive(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("count is " + count + ", must be at least 1");
    }
  }

  @Override
  public String toString() {
    return "MatrixStack[%d x %d x %d, itemStride %d]".formatted(count, rows, columns(), itemStride);
  }
}
