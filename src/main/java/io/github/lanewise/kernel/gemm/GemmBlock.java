package io.github.lanewise.kernel.gemm;

/**
 * The loops around the register tile, and how an output is cut into the blocks that tasks compute.
 *
 * <p>Loops, from the outside: blocks of C (one a task; numbers 5 and 3 of the BLIS papers), blocks
 * of k (4), panels of B (2), rows of A (1), the tile.
 */
public final class GemmBlock {
  private static final Microkernel TILE = Tiles.WIDE;

  /**
   * Rows of A and C in a block at most: {@code MC x KC} floats of A (96 KiB) stay in L2. Both tile
   * heights divide it.
   */
  private static final int MC = 96;

  /**
   * Columns of C in a block at most: {@code MC x NC} floats of C stay in L2 beside A. A multiple of
   * nr.
   */
  private static final int NC = Math.max(1, 256 / TILE.columns()) * TILE.columns();

  /**
   * Length of a block of k: a panel's {@code KC x nr} floats stay in L2 (and in L1 with narrow
   * tiles) over all rows.
   */
  private static final int KC = 256;

  private GemmBlock() {}

  /** Blocks that m rows are cut into. */
  public static int rowBlocks(int m) {
    return (int) ((m + MC - 1L) / MC);
  }

  /** Blocks that n columns are cut into. */
  public static int columnBlocks(int n) {
    return (int) ((n + NC - 1L) / NC);
  }

  /**
   * First row of block {@code index}: blocks are of equal height up to a tile, so that no worker
   * waits for a long last one.
   */
  public static int firstRow(int m, int index) {
    long tiles = (m + TILE.rows() - 1L) / TILE.rows();
    return (int) Math.min(m, tiles * index / rowBlocks(m) * TILE.rows());
  }

  /** First column of block {@code index}. */
  public static int firstColumn(int n, int index) {
    return (int) Math.min(n, (long) index * NC);
  }

  /** Bytes between two rows of a computed block. */
  public static long blockStride() {
    return (long) NC * Float.BYTES;
  }

  /** Bytes that a computed block needs at most. */
  public static long blockBytes(int m) {
    return Math.min(MC, m) * blockStride();
  }

  /**
   * Computes one block of C = A·Wᵀ into {@code block}, row-major with {@link #blockStride()};
   * columns are computed up to the end of the last panel.
   *
   * @param a address of the block's first row of A
   * @param lda bytes between rows of A
   * @param panels address of the block's first packed panel
   */
  public static void compute(
      int rows, int columns, int k, long a, long lda, long panels, long block) {
    int nr = TILE.columns();
    long panelBytes = PackedPanels.panelBytes(k);
    long ldc = blockStride();
    // A single tile's rows stream each panel once and gain nothing from blocks of k.
    int kc = rows <= TILE.rows() ? Math.max(k, 1) : KC;
    int k0 = 0;
    do {
      int kCount = Math.min(kc, k - k0);
      for (int j = 0; j < columns; j += nr) {
        long panel = panels + j / nr * panelBytes + (long) k0 * nr * Float.BYTES;
        long c = block + (long) j * Float.BYTES;
        long from = k0 == 0 ? Microkernel.ZEROS : c;
        long ldf = k0 == 0 ? 0 : ldc;
        TILE.rowMajorPanel(
            rows, a + (long) k0 * Float.BYTES, lda, panel, kCount, from, ldf, c, ldc);
      }
      k0 += kc;
    } while (k0 < k);
  }
}
