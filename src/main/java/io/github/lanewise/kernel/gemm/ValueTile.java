package io.github.lanewise.kernel.gemm;

/**
 * A register tile for the values of attention: C[rows][vectors] = F + A[rows][k] · B[k][vectors],
 * where A is column-major and the rows of B lie one after the other: a strip of one to {@link
 * #vectors()} vectors.
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}.
 */
public abstract class ValueTile {
  private final int rows;
  private final int vectors;

  ValueTile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
  }

  /** Rows of the tile at most. */
  public final int rows() {
    return rows;
  }

  /**
   * Where tiles of equal height up to one row begin that cut {@code count} rows, a whole number of
   * vectors, and behind them the count: the heights for which there are tiles.
   */
  public final int[] cuts(int count) {
    int tiles = (count + rows - 1) / rows;
    int[] cuts = new int[tiles + 1];
    for (int t = 0; t <= tiles; t++) {
      cuts[t] = t * count / tiles;
    }
    return cuts;
  }

  /** Vectors of a strip at most. */
  public final int vectors() {
    return vectors;
  }

  /**
   * C = F + A·B, A[r][k] at {@code a + k·lda + 4r}. Tiles that step through A and B together take
   * only an lda that is as long as a row of {@link #vectors} vectors, and add F last; others begin
   * with it.
   */
  abstract void columnMajor(
      int rows, int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc);

  /**
   * C = A·B or, as a sum, C += A·B of {@code m} rows, {@link #rows()} or a height of {@link #cuts},
   * and {@code count} vectors.
   *
   * @param k may be 0
   */
  public final void compute(
      int m, int count, long a, long lda, long b, int k, boolean sum, long c, long ldc) {
    columnMajor(m, count, a, lda, b, k, sum ? c : Microkernel.ZEROS, sum ? ldc : 0, c, ldc);
  }

  /** The same of {@link #rows()} rows. */
  public final void compute(
      int count, long a, long lda, long b, int k, boolean sum, long c, long ldc) {
    compute(rows, count, a, lda, b, k, sum, c, ldc);
  }
}
