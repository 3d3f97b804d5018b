package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.lang.foreign.Arena;

/**
 * A register tile for the scores of attention: C[rows][nr] = F + A[rows][k] · B[k][nr], where nr =
 * {@code vectors} vectors and the rows of B and C in scratch memory are as long. Where there are 16
 * registers it reads only an A that is packed in rows of that length, several tiles in a call, and
 * F is 0.
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}.
 */
public abstract class Microkernel {
  /** Where sums start that start at zero: 0 for every column of a tile. */
  public static final long ZEROS = Arena.global().allocate(4096, 64).address();

  private final int rows;
  private final int columns;
  private final boolean packs;

  /** Rows in a packed panel of A: whole tiles, in rows of the panel as long as those of B. */
  private final int panelRows;

  Microkernel(int rows, int vectors, boolean packs) {
    this.rows = rows;
    this.columns = vectors * Simd.LANES;
    this.packs = packs;
    panelRows = columns / rows * rows;
    if (packs && panelRows > 2 * rows) {
      throw new IllegalArgumentException("a panel must hold one or two tiles");
    }
  }

  /** Rows of a full tile: mr of the BLIS papers. */
  public final int rows() {
    return rows;
  }

  /** Columns of the tile, and of a packed panel: nr of the BLIS papers. */
  public final int columns() {
    return columns;
  }

  /** Whether it reads rows of A that {@link #pack} has packed. */
  public final boolean packs() {
    return packs;
  }

  /** C = F + A·B of 1 to {@link #rows()} rows, A[r][k] at {@code a + r·lda + 4k}. */
  void rowMajor(int count, long a, long lda, long b, int k, long from, long ldf, long c, long ldc) {
    throw new IllegalStateException("rows of A must be packed");
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

  /** Bytes that {@link #pack} fills. */
  public final long packedBytes(int m, int k) {
    return packs ? (m + panelRows - 1L) / panelRows * columns * Float.BYTES * k : 0;
  }

  /** Rows before and behind those of C that {@link #packed} may write to. */
  public final int margin() {
    return packs ? rows - 1 : 0;
  }

  /** Packs {@code m} rows of A. */
  public final void pack(int m, int k, long a, long lda, long target) {
    long row = (long) columns * Float.BYTES;
    for (int r = 0; r < m; r += panelRows) {
      int count = Math.min(m - r, panelRows);
      long panel = target + r / panelRows * row * k;
      for (int lane = 0; lane < count; lane += Simd.LANES) {
        int strip = Math.min(count - lane, Simd.LANES);
        long from = a + (r + lane) * lda;
        Transposition.strip(strip, k, from, lda, panel + (long) lane * Float.BYTES, row);
      }
    }
  }

  /**
   * C = A·B of {@code tiles} tiles below each other, where A is packed: A[r][k] of a tile at {@code
   * a + 4(nr·k + r)}, and the next at {@code a + step}, the one after that at {@code a + pair}, and
   * so on. Rows of C are as long as those of B.
   */
  void rowMajorTiles(int tiles, long a, long step, long pair, long b, int k, long c) {
    throw new IllegalStateException("rows of A are not packed");
  }

  /**
   * C[m][nr] = A·B for rows {@code first} to {@code first + m - 1} of a packed A, in whole tiles of
   * it: up to {@link #margin} rows of C before and behind are written, too.
   *
   * @param a address of row 0
   */
  public final void packed(int first, int m, long a, long b, int k, long c) {
    long row = (long) columns * Float.BYTES;
    int tile = first / rows * rows;
    int inPanel = tile % panelRows;
    int tiles = (first + m - tile + rows - 1) / rows;
    long panel = row * k;
    // A panel holds one or two tiles, beside each other.
    long beside = panelRows > rows ? (long) rows * Float.BYTES : panel;
    long next = 2 * panel * rows / panelRows;
    rowMajorTiles(
        tiles,
        a + tile / panelRows * panel + (long) inPanel * Float.BYTES,
        inPanel == 0 ? beside : next - beside,
        next,
        b,
        k,
        c + (tile - first) * row);
  }
}
