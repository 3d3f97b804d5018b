package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.lang.foreign.Arena;

/**
 * A register tile: C[rows][nr] = F + A[rows][k] · B[k][nr], where B is a packed panel and nr =
 * {@code vectors} vectors.
 *
 * <p>F is where the accumulators start: C itself to accumulate over blocks of k, or {@link #ZEROS}
 * with a stride of 0. All strides and addresses are in bytes. The implementations are generated,
 * see {@code MicrokernelGenerator}.
 */
public abstract class Microkernel {
  /**
   * Bytes from one column to the next of a column-major A where {@link #hasFixedColumnStride()}: a
   * constant, so that the addresses of a tile are one register and immediates. Holds 256 floats; 17
   * cache lines, so that columns do not fall into the same cache sets.
   */
  public static final int COLUMN_STRIDE = 17 * 64;

  /** A start of zero for every column of a tile, to be used with stride 0. */
  public static final long ZEROS = Arena.global().allocate(4096, 64).address();

  private final int rows;
  private final int columns;
  private final boolean fixedColumnStride;

  Microkernel(int rows, int vectors, boolean fixedColumnStride) {
    this.rows = rows;
    this.fixedColumnStride = fixedColumnStride;
    this.columns = vectors * Simd.LANES;
  }

  /** Rows of a full tile: mr of the BLIS papers. */
  public final int rows() {
    return rows;
  }

  /** Columns of the tile, and of a packed panel: nr of the BLIS papers. */
  public final int columns() {
    return columns;
  }

  /** Whether a column-major A must have {@link #COLUMN_STRIDE}; otherwise it may have any. */
  public final boolean hasFixedColumnStride() {
    return fixedColumnStride;
  }

  /**
   * A[r][k] at {@code a + r·lda + 4k}.
   *
   * @param count rows to compute, 1 to {@link #rows()}
   */
  abstract void rowMajor(
      int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

  /** A[r][k] at {@code a + k·lda + 4r}, {@link #rows()} rows. */
  abstract void columnMajor(long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

  /** All of {@code m} rows, tile by tile, of a row-major A against one panel. */
  public final void rowMajorPanel(
      int m, long a, long lda, long b, int k, long from, long ldf, long c, long ldc) {
    for (int r = 0; r < m; r += rows) {
      int count = Math.min(rows, m - r);
      rowMajor(count, a + r * lda, lda, b, k, from + r * ldf, ldf, c + r * ldc, ldc);
    }
  }

  /**
   * C[m][nr] = A·B for a row-major A, with full tiles only where m allows: the last tile begins
   * early and computes some rows again, to the same bits. Saves the many small kernels for partial
   * tiles, each of which would have to be warm.
   */
  public final void rowMajorOverlapping(int m, long a, long lda, long b, int k, long c, long ldc) {
    int last = Math.max(0, m - rows);
    int count = Math.min(m, rows);
    for (int r = 0; r < last; r += rows) {
      rowMajor(count, a + r * lda, lda, b, k, ZEROS, 0, c + r * ldc, ldc);
    }
    rowMajor(count, a + last * lda, lda, b, k, ZEROS, 0, c + last * ldc, ldc);
  }

  /**
   * C[m][nr] = F + A·B for a column-major A, with full tiles only: up to {@link #rows()} - 1 rows
   * past the last are read of A, and computed; C must have room for them.
   */
  public final void columnMajorPadded(
      int m, long a, long lda, long b, int k, long from, long ldf, long c, long ldc) {
    for (int r = 0; r < m; r += rows) {
      columnMajor(a + (long) r * Float.BYTES, lda, b, k, from + r * ldf, ldf, c + r * ldc, ldc);
    }
  }
}
