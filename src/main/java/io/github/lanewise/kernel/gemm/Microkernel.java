package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.lang.foreign.Arena;

/**
 * A register tile for attention: C[rows][nr] = F + A[rows][k] · B[k][nr], where nr = {@code
 * vectors} vectors and the rows of B and C in scratch memory are as long.
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}.
 */
public abstract class Microkernel {
  /**
   * Bytes from one column to the next of a column-major A where {@link #hasFixedColumnStride()}: a
   * constant, so that the addresses of a tile are one register and immediates. Holds 256 floats; 17
   * cache lines, so that columns do not fall into the same cache sets.
   */
  public static final int COLUMN_STRIDE = 17 * 64;

  /** Where sums start that start at zero: 0 for every column of a tile. */
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

  /** C = F + A·B of 1 to {@link #rows()} rows, A[r][k] at {@code a + r·lda + 4k}. */
  abstract void rowMajor(
      int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

  /** C = F + A·B of {@link #rows()} rows, A[r][k] at {@code a + k·lda + 4r}. */
  abstract void columnMajor(long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

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
   * C[m][nr] = F + A·B for a column-major A, where F is C or {@link #ZEROS}, with full tiles only:
   * up to {@link #rows()} - 1 rows past the last are read of A, and computed; C must have room for
   * them.
   */
  public final void columnMajorPadded(
      int m, long a, long lda, long b, int k, long from, long c, long ldc) {
    long ldf = from == ZEROS ? 0 : ldc;
    for (int r = 0; r < m; r += rows) {
      columnMajor(a + (long) r * Float.BYTES, lda, b, k, from + r * ldf, ldf, c + r * ldc, ldc);
    }
  }
}
