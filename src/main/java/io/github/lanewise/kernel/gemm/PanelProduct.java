package io.github.lanewise.kernel.gemm;

/** Rows of A against panels that were packed for the moment, over a range of k. */
public final class PanelProduct {
  /**
   * Length of the ranges of k: C is read and written once in each (measured on Zen 4: a product of
   * 1024 x 1024 x 1024 runs at 99 % of a prepacked one's rate with 1024, 94 % with 512).
   */
  public static final int K_BLOCK = 1024;

  private PanelProduct() {}

  /**
   * C = A·B, or C += A·B in the order of summation of a longer product, a block of rows at a time.
   *
   * @param blocking the tile, and how many rows of A are used together
   * @param a address of the first row's first float of this range of k
   * @param lda bytes between rows of A
   * @param transposed memory to transpose a block of rows in, if A is given as {@code [k, m]}
   *     ({@link Packing#transposedBytes}), or 0
   * @param packed memory to pack a block of rows in ({@link GemmTile#packedBytes})
   * @param b panels, {@code panelBytes} apart
   * @param sum whether to add to C
   */
  public static void compute(
      Blocking blocking,
      int rows,
      int panels,
      int k,
      long a,
      long lda,
      long transposed,
      long packed,
      long b,
      long panelBytes,
      boolean sum,
      long c,
      long ldc) {
    int blocks = blocking.rowBlocks(rows, blocking.mc());
    for (int i = 0; i < blocks; i++) {
      int r = blocking.firstRow(rows, blocking.mc(), i);
      int count = blocking.firstRow(rows, blocking.mc(), i + 1) - r;
      long pa = a + r * lda;
      long stride = lda;
      if (transposed != 0) {
        Packing.transpose(transposed, count, k, a + (long) r * Float.BYTES, lda);
        pa = transposed;
        stride = Packing.transposedStride(k);
      }
      if (blocking.tile().isPacked()) {
        blocking.tile().packRows(count, k, pa, stride, packed);
        pa = packed;
        stride = blocking.tile().packedStride(k);
      }
      long pc = c + r * ldc;
      blocking.tile().compute(count, panels, pa, stride, b, panelBytes, k, sum, pc, ldc);
    }
  }
}
