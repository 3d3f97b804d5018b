package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.lang.foreign.Arena;

/**
 * A register tile for the scores of attention: C[rows][nr] = F + A[rows][k] · B[k][nr], where nr =
 * {@code vectors} vectors and the rows of B and C in scratch memory are as long.
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}.
 */
public abstract class Microkernel {
  /** Where sums start that start at zero: 0 for every column of a tile. */
  public static final long ZEROS = Arena.global().allocate(4096, 64).address();

  private final int rows;
  private final int columns;

  Microkernel(int rows, int vectors) {
    this.rows = rows;
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

  /** C = F + A·B of 1 to {@link #rows()} rows, A[r][k] at {@code a + r·lda + 4k}. */
  abstract void rowMajor(
      int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

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
}
