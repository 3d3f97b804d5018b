package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Brings operands into the layouts that tiles read: B into {@link PackedPanels}, A into rows. Works
 * on any range of k, so that a product can pack a piece, use it while it is in the cache, and go
 * on.
 */
public final class Packing {
  private Packing() {}

  /**
   * Packs B given as {@code [n, k]}: {@code n} rows, from the first of a panel on. Columns of the
   * last panel that B lacks repeat its last row.
   *
   * @param panelBytes bytes from one packed panel to the next
   * @param source address of the first row's first float of this range of k
   * @param rowBytes bytes from one row of B to the next
   */
  public static void rows(long panels, long panelBytes, int n, int k, long source, long rowBytes) {
    for (int j = 0; j < n; j += LANES) {
      Transposition.strip(
          Math.min(LANES, n - j),
          k,
          source + j * rowBytes,
          rowBytes,
          panels + j / LANES * panelBytes,
          BYTES);
    }
  }

  /**
   * Packs B given as {@code [k, n]}: {@code n} columns, from the first of a panel on. Columns of
   * the last panel that B lacks are zero.
   *
   * @param panelBytes bytes from one packed panel to the next
   * @param source address of the range's first row, at the first column
   * @param rowBytes bytes from one row of B to the next
   */
  public static void columns(
      long panels, long panelBytes, int n, int k, long source, long rowBytes) {
    int whole = n / LANES;
    // Row by row, since rows may be pages apart.
    for (int p = 0; p < k; p++) {
      long from = source + p * rowBytes;
      long to = panels + (long) p * BYTES;
      for (int i = 0; i < whole; i++) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, from + (long) i * BYTES, ORDER)
            .intoMemorySegment(MEMORY, to + i * panelBytes, ORDER);
      }
    }
    if (whole * LANES < n) {
      long from = source + (long) whole * BYTES;
      lastColumns(panels + whole * panelBytes, n - whole * LANES, k, from, rowBytes);
    }
  }

  private static void lastColumns(long panel, int n, int k, long source, long rowBytes) {
    VectorMask<Float> columns = FLOATS.indexInRange(0, n);
    for (int p = 0; p < k; p++) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, source + p * rowBytes, ORDER, columns)
          .intoMemorySegment(MEMORY, panel + (long) p * BYTES, ORDER);
    }
  }

  /**
   * target[c][r] = source[r][c], and nothing else is written.
   *
   * @param targetBytes bytes between rows of the target
   * @param rows of the source
   * @param columns of the source
   * @param sourceBytes bytes between rows of the source
   */
  public static void transposeExactly(
      long target, long targetBytes, int rows, int columns, long source, long sourceBytes) {
    int whole = rows / LANES * LANES;
    for (int r = 0; r < whole; r += LANES) {
      long from = source + r * sourceBytes;
      long to = target + (long) r * Float.BYTES;
      Transposition.strip(LANES, columns, from, sourceBytes, to, targetBytes);
    }
    for (int r = whole; r < rows; r++) {
      long from = source + r * sourceBytes;
      long to = target + (long) r * Float.BYTES;
      for (int c = 0; c < columns; c++) {
        MEMORY.set(FLOAT, to + c * targetBytes, MEMORY.get(FLOAT, from + (long) c * Float.BYTES));
      }
    }
  }

  /**
   * Bytes between rows of A for {@link #transpose}: an odd number of vectors spreads cache sets.
   */
  public static long transposedStride(int k) {
    return ((k + LANES - 1L) / LANES | 1) * BYTES;
  }

  /** Bytes that {@link #transpose} writes to. */
  public static long transposedBytes(int m, int k) {
    return m * transposedStride(k);
  }

  /**
   * Writes rows of A, {@link #transposedStride} apart, from A given as {@code [k, m]}: {@code m}
   * columns. Rows may be written up to the end of their last vector.
   *
   * @param source address of the range's first row, at the first column
   * @param rowBytes bytes between its rows
   */
  public static void transpose(long target, int m, int k, long source, long rowBytes) {
    long stride = transposedStride(k);
    for (int p = 0; p < k; p += LANES) {
      Transposition.strip(
          Math.min(LANES, k - p),
          m,
          source + p * rowBytes,
          rowBytes,
          target + (long) p * Float.BYTES,
          stride);
    }
  }
}
