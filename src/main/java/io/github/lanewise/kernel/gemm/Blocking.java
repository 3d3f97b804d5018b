package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;

/**
 * A register tile, the loops around it, and how an output is cut into the blocks that tasks
 * compute.
 *
 * <p>Loops, from the outside: blocks of C (one a task; numbers 5 and 3 of the BLIS papers), blocks
 * of k (4), panels of B (2), rows of A (1), the tile.
 *
 * @param tile the register tile
 * @param mc rows of A and C in a block at most, whole tiles: {@code mc x kc} floats of A stay in L2
 *     or, where a tile packs its rows in panels, in the thread's share of L3
 * @param nc columns of C in a block at most, a multiple of {@code 2·LANES}: {@code mc x nc} floats
 *     of C stay in L2 beside A, but where packing A is to serve many columns
 * @param kc length of a block of k: a panel's {@code kc x nr} floats stay in L2 (and in L1 with
 *     narrow tiles) over all rows
 */
public record Blocking(GemmTile tile, int mc, int nc, int kc) {
  /** No limit to a block. */
  public static final int ANY = Integer.MAX_VALUE;

  /** Blocks that each thread should have to take, so that none waits long for the last ones. */
  private static final int BLOCKS_A_THREAD = 4;

  /** Row blocks a thread where each block packs its rows, and weights come from memory. */
  private static final int ROW_BLOCKS_A_THREAD = 2;

  /** Tiles up to which such a block is not cut: each block reads all weights of its columns. */
  private static final int UNCUT_TILES = 5;

  /**
   * Bytes of weights up to which L3 keeps them from one block of rows to the next: a core's usual
   * share of it on Zen.
   */
  private static final long CACHED_BYTES = 4 << 20;

  /**
   * Row blocks a thread where weights are cached: of many rows so many that columns need not be
   * cut, which would pack the same rows again, and that a thread whose core is shared with others
   * keeps nobody waiting. Measured on two threads beside busy neighbours, in turns: MiniLM at 256
   * rows 1.04 to 1.15 times as fast as with {@link #ROW_BLOCKS_A_THREAD}, at 1,024 rows 1.05 to
   * 1.09, at 24 to 128 rows 1.00 to 1.06 times; but with 64 MB of weights 0.85 to 0.95 times.
   */
  private static final int CACHED_ROW_BLOCKS_A_THREAD = 8;

  /** Tiles up to which such a block is not cut. */
  private static final int UNCUT_CACHED_TILES = 3;

  /**
   * Steps of k at most that one tile takes: an index of bytes counts them, and without strip mining
   * (as with Serial and Parallel GC) no safepoint can come meanwhile, some 0.1 ms.
   */
  private static final int MOST_STEPS = 1 << 16;

  /** Length of k that is widened at once: the floats of a few panels stay in L2. */
  private static final int WIDENED_KC = 1024;

  /**
   * Checks that blocks are positive, and whole panels; rounds {@code mc} down to whole tiles, one
   * at least, so that no block is higher.
   *
   * @throws IllegalArgumentException if they are not, or if the tile reads interleaved rows, all of
   *     which are packed at once, and {@code mc} would cut them
   */
  public Blocking {
    if (mc < 1 || nc < 1 || kc < 1 || nc % (2 * Simd.LANES) != 0) {
      throw new IllegalArgumentException(
          "blocks are mc %d, nc %d, kc %d; must be positive, and nc a multiple of %d"
              .formatted(mc, nc, kc, 2 * Simd.LANES));
    }
    if (!tile.addsBlocks() && mc != ANY) {
      throw new IllegalArgumentException(
          "mc is " + mc + ", must be ANY: a block would hold a part of the packed rows");
    }
    mc = mc == ANY ? ANY : Math.max(1, mc / tile.rows()) * tile.rows();
  }

  /**
   * Rows of a block of this product: {@code mc}, or fewer where each block packs its own and
   * several threads are to have blocks: those that differ in columns alone pack the same rows. Of
   * cached weights blocks are lower than of those that each block of rows reads from memory.
   *
   * @param bytesOfW bytes of the weights, all of which each block of rows reads
   */
  public int rows(int m, long bytesOfW, int threads) {
    if (threads == 1 || !tile.isPacked() || packsAllRows()) {
      return mc;
    }
    boolean cached = bytesOfW <= CACHED_BYTES;
    long blocks = (long) threads * (cached ? CACHED_ROW_BLOCKS_A_THREAD : ROW_BLOCKS_A_THREAD);
    long tiles = Math.ceilDiv(Math.ceilDiv(m, tile.rows()), blocks);
    long rows = Math.max(cached ? UNCUT_CACHED_TILES : UNCUT_TILES, tiles) * tile.rows();
    return (int) Math.min(mc, rows);
  }

  /** Blocks of so many rows that m rows are cut into. */
  public int rowBlocks(int m, int rows) {
    return (int) ((m + (long) rows - 1) / rows);
  }

  /**
   * Columns of a block of so many rows of this product: {@code nc}, or fewer where that would leave
   * some of the threads without a block or waiting for a last one: then whole tiles.
   */
  public int columns(int m, int rows, int n, int threads) {
    int width = tile.vectors(Math.min(m, rows));
    int unit = width * Simd.LANES * (width % 2 == 0 ? 1 : 2);
    int columns = nc;
    while (threads > 1
        && columns > unit
        && (long) rowBlocks(m, rows) * columnBlocks(n, columns)
            < (long) BLOCKS_A_THREAD * threads) {
      columns = Math.max(1, columns / 2 / unit) * unit;
    }
    return columns;
  }

  /** Blocks of so many columns that n columns are cut into. */
  public int columnBlocks(int n, int columns) {
    return (int) ((n + (long) columns - 1) / columns);
  }

  /**
   * First row of block {@code index} of so many rows: blocks are of equal height up to a tile, so
   * that no worker waits for a long last one.
   */
  public int firstRow(int m, int rows, int index) {
    long tiles = (m + tile.rows() - 1L) / tile.rows();
    return (int) Math.min(m, tiles * index / rowBlocks(m, rows) * tile.rows());
  }

  /** First column of block {@code index} of so many columns. */
  public int firstColumn(int n, int columns, int index) {
    return (int) Math.min(n, (long) index * columns);
  }

  /**
   * Whether all rows of A are packed at once, before the blocks are computed: where rows are few,
   * every block reads them all.
   */
  public boolean packsAllRows() {
    return tile.isPacked() && mc == ANY;
  }

  /** Bytes in which {@link #compute} packs the rows of a block. */
  public long packedBytes(int rows, int k) {
    return packsAllRows() ? 0 : tile.packedBytes(rows, Math.min(k, kc));
  }

  /**
   * Computes one block of C = A·Wᵀ with W stored as the tile reads it; columns are computed up to
   * the end of the last panel.
   *
   * @param a address of the block's first row of A; where {@link #packsAllRows}, of the packed ones
   * @param lda bytes between rows of A; of packed ones {@link GemmTile#packedStride}
   * @param packed address of {@link #packedBytes}
   * @param panels address of the block's first packed panel
   * @param c address of the block
   * @param ldc bytes between its rows
   */
  public void compute(
      int rows, int columns, int k, long a, long lda, long packed, long panels, long c, long ldc) {
    int count = PackedPanels.count(tile.storage(), columns);
    long panelBytes = PackedPanels.panelBytes(k);
    // A single tile's rows stream each panel once and gain nothing from blocks of k; and short
    // streams would start the hardware prefetcher again and again.
    boolean packs = tile.isPacked() && !packsAllRows();
    int length = packs ? kc : packsAllRows() || rows <= tile.rows() ? Math.max(k, 1) : kc;
    if (tile.addsBlocks()) {
      length = Math.min(length, MOST_STEPS);
    }
    int k0 = 0;
    do {
      int kCount = Math.min(length, k - k0);
      long from = a + (packsAllRows() ? k0 * tile.packedStride(1) : (long) k0 * Float.BYTES);
      long pa = packed(packs, rows, kCount, from, lda, packed);
      long strideOfA = packs ? tile.packedStride(kCount) : lda;
      long pb = panels + (long) k0 * Simd.BYTES;
      tile.compute(rows, count, pa, strideOfA, pb, panelBytes, kCount, k0 > 0, c, ldc);
      k0 += kCount;
    } while (k0 < k);
  }

  /** The address of a block of A as the tile reads it. */
  private long packed(boolean packs, int rows, int k, long a, long lda, long packed) {
    if (packs) {
      tile.packRows(rows, k, a, lda, packed);
    }
    return packs ? packed : a;
  }

  /** Bytes of the panels of floats, and of the packed rows, that {@link #computeWidened} makes. */
  public long widenedBytes(int rows, int k) {
    return panelsOfFloats(k) + tile.packedBytes(rows, Math.min(k, WIDENED_KC));
  }

  private long panelsOfFloats(int k) {
    return 2L * widenedPanels() * Math.min(k, WIDENED_KC) * Simd.BYTES;
  }

  /** Panels of 16 bits that are widened at once: what full tiles read. */
  private int widenedPanels() {
    return tile.vectors() % 2 == 0 ? tile.vectors() / 2 : tile.vectors();
  }

  /**
   * The same with W in 16 bits, for many rows: a few panels at a time are made floats, which all
   * rows then share.
   *
   * @param floats address of {@link #widenedBytes} bytes
   */
  public void computeWidened(
      Storage storage,
      int rows,
      int columns,
      int k,
      long a,
      long lda,
      long panels,
      long floats,
      long c,
      long ldc) {
    int count = PackedPanels.count(storage, columns);
    boolean packs = tile.isPacked();
    for (int k0 = 0; k0 < k; k0 += WIDENED_KC) {
      int kCount = Math.min(WIDENED_KC, k - k0);
      long packed = floats + panelsOfFloats(k);
      long pa = packed(packs, rows, kCount, a + (long) k0 * Float.BYTES, lda, packed);
      long strideOfA = packs ? tile.packedStride(kCount) : lda;
      long ldb = (long) kCount * Simd.BYTES;
      for (int p = 0; p < count; p += widenedPanels()) {
        int width = Math.min(widenedPanels(), count - p);
        for (int i = 0; i < width; i++) {
          long from = panels + (p + i) * PackedPanels.panelBytes(k) + (long) k0 * Simd.BYTES;
          HalfPanels.widen(storage, from, kCount, floats + 2L * i * ldb, ldb);
        }
        long pc = c + 2L * p * Simd.BYTES;
        tile.compute(rows, 2 * width, pa, strideOfA, floats, ldb, kCount, k0 > 0, pc, ldc);
      }
    }
  }
}
