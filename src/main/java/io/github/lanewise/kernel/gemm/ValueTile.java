package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;

/**
 * A register tile for the values of attention: C[rows][vectors] = F + A[rows][k] · B[k][vectors],
 * where A is column-major and the rows of B lie one after the other: a strip of one to {@link
 * #vectors()} vectors, or several beside each other. F is 0, or what C holds.
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}.
 */
public abstract class ValueTile {
  private final int rows;
  private final int vectors;
  private final boolean repeats;

  ValueTile(int rows, int vectors, boolean repeats) {
    this.rows = rows;
    this.vectors = vectors;
    this.repeats = repeats;
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
   * Whether it computes several strips in one call. They need not stay in L1 then for the next rows
   * of A: this tile reads fewer of their bytes a cycle than L2 has.
   */
  public final boolean repeats() {
    return repeats;
  }

  /** C = F + A·B, A[r][k] at {@code a + k·lda + 4r}. */
  void columnMajor(
      int rows, int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc) {
    throw new IllegalStateException("strips of a tile that repeats");
  }

  /**
   * C = A·B or, as a sum, C += A·B of {@code strips} strips {@code strip} apart, each of {@code
   * count} vectors, A[r][k] at {@code a + k·lda + 4r} with an lda of {@link #vectors} vectors. What
   * C holds is added last.
   */
  void columnMajorStrips(
      int rows,
      int count,
      int strips,
      long a,
      long b,
      long strip,
      int k,
      boolean sum,
      long c,
      long ldc) {
    throw new IllegalStateException("several strips of a tile that does not repeat");
  }

  /**
   * C = A·B or, as a sum, C += A·B of {@code m} rows, {@link #rows()} or a height of {@link #cuts},
   * and strips of {@code count} vectors, whose columns of C follow each other.
   *
   * @param lda of {@link #vectors} vectors where the tile {@link #repeats}
   * @param strips one where it does not repeat
   * @param strip bytes from one to the next
   * @param k may be 0
   */
  public final void compute(
      int m,
      int count,
      int strips,
      long a,
      long lda,
      long b,
      long strip,
      int k,
      boolean sum,
      long c,
      long ldc) {
    assert repeats ? lda == (long) vectors * Simd.BYTES : strips == 1;
    if (repeats) {
      columnMajorStrips(m, count, strips, a, b, strip, k, sum, c, ldc);
    } else {
      columnMajor(m, count, a, lda, b, k, sum ? c : Microkernel.ZEROS, sum ? ldc : 0, c, ldc);
    }
  }

  /** The same of {@link #rows()} rows and one strip. */
  public final void compute(
      int count, long a, long lda, long b, int k, boolean sum, long c, long ldc) {
    compute(rows, count, 1, a, lda, b, 0, k, sum, c, ldc);
  }
}
