package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * A register tile for matrix products: C[rows][vectors] = A[rows][k] · B[k][vectors], where each
 * vector of B comes from a packed panel of its own ({@link PackedPanels}).
 *
 * <p>So one packing suits tiles of any width. And each panel is a stream of its own: a core's
 * hardware prefetcher follows four streams further ahead than one (measured on Zen 4: 30 instead of
 * 27 GB/s of weights for one row, 58 instead of 53 GFLOP/s for four).
 *
 * <p>All strides and addresses are in bytes. The implementations are generated, see {@code
 * MicrokernelGenerator}, but {@link FewRowsTile}.
 */
public abstract class GemmTile {
  /** The upper half of an int: a bfloat16 stands where a binary32's upper half does. */
  static final IntVector UPPER = IntVector.broadcast(Simd.INTS, 0xffff0000);

  /** Sign, exponent and fraction of a binary16 that was shifted to the place of a binary32's. */
  static final IntVector F16_BITS = IntVector.broadcast(Simd.INTS, 0x8fffe000);

  /** A binary16's exponent is biased by 15, a binary32's by 127. Exact for subnormals too. */
  static final FloatVector F16_SCALE = FloatVector.broadcast(Simd.FLOATS, 0x1p112f);

  private final String name;
  private final int rows;
  private final int vectors;
  private final Storage storage;
  private final Layout layout;

  /** How a tile's rows of A lie. */
  enum Layout {
    /** Where they are. */
    ROWS,
    /** Interleaved, k-major: for few rows, all of k at once. */
    INTERLEAVED,
    /** In a panel of {@link Simd#LANES} rows like those of B, for a block of k. */
    PANELS
  }

  GemmTile(String name, int rows, int vectors, Storage storage, Layout layout) {
    this.name = name;
    this.rows = rows;
    this.vectors = vectors;
    this.storage = storage;
    this.layout = layout;
  }

  /**
   * What tuning files call it: rows x vectors, the K steps written out, and how it packs the rows
   * of A: p interleaved, s in panels that it steps through together with those of B (then always
   * u1: the loop decides).
   */
  public final String name() {
    return name;
  }

  /** Rows of a full tile: mr of the BLIS papers. */
  public final int rows() {
    return rows;
  }

  /** Vectors of a full tile: nr of the BLIS papers in vectors. */
  public final int vectors() {
    return vectors;
  }

  /** Vectors that a full tile keeps in registers: its sums, those of B, and one of A. */
  public int registers() {
    return rows * vectors + vectors + 1;
  }

  /** Tiles that {@code m} rows are cut into, of equal height up to one row. */
  int tiles(int m) {
    return Math.ceilDiv(m, rows);
  }

  /** Vectors of the tiles of {@code m} rows. */
  int vectors(int m) {
    return vectors;
  }

  /** How the panels that it reads are stored. */
  public final Storage storage() {
    return storage;
  }

  /**
   * Whether it reads an A that {@link #packRows} has packed. That frees the registers that hold the
   * addresses of rows, for taller tiles, which read each weight once for more rows.
   */
  public final boolean isPacked() {
    return layout != Layout.ROWS;
  }

  /** Whether vectors are long enough: a step of a panel holds a float of each row of a tile. */
  final boolean fitsVectors() {
    return layout != Layout.PANELS || rows <= Simd.LANES;
  }

  /** Whether sums may continue with a further block of k, and a task pack its own rows. */
  public final boolean addsBlocks() {
    return layout != Layout.INTERLEAVED;
  }

  /**
   * C = A·B or, as a sum, C += A·B in the order of summation of a longer product, of 1 to {@link
   * #rows()} rows and 1 to {@code vectors(rows)} vectors: A[r][k] at {@code a + r·lda + 4k},
   * interleaved at {@code a + 4(rows·k + r)} or in a panel at {@code a + 4(LANES·k + r)}; panel p
   * of B at {@code b + p·ldb}, and its columns of C at {@code c + p·stepC}.
   *
   * @param sum not where {@link #addsBlocks} denies it
   */
  abstract void setOrAdd(
      boolean sum,
      int rows,
      int vectors,
      long a,
      long lda,
      long b,
      long ldb,
      int k,
      long c,
      long ldc,
      long stepC);

  /**
   * All of {@code m} rows against {@code panels} panels. Rows are cut into tiles of equal height up
   * to one row: no lone last row, and two kernels to warm up instead of one for each height.
   *
   * <p>The panels of a tile are not neighbours: each is the next of a stream of its own that goes
   * through an equal part of all panels, and on which the prefetcher stays. With neighbours all
   * streams would end with each tile, and begin elsewhere. Measured on Zen 3, one thread, weights
   * from memory, panels of 384 floats (12 KiB): one row 10 to 12 %, four 17 to 23 %, 8 to 32 rows 5
   * to 9 % faster, 64 rows 2 %; as fast with panels of 4,096 floats, or with hundreds of rows.
   *
   * @param a address of A; of an interleaved one all of k
   * @param lda bytes between rows of A; of a packed one what {@link #packedStride} says
   * @param sum whether to add to C
   */
  final void compute(
      int m, int panels, long a, long lda, long b, long ldb, int k, boolean sum, long c, long ldc) {
    int panelVectors = PackedPanels.vectors(storage);
    boolean plain = PlainTile.takes(storage, (long) m * k * panels * panelVectors * Simd.LANES);
    int vectors = vectors(m);
    int width = vectors / panelVectors;
    int length = panels / width;
    long bytesOfC = (long) panelVectors * Simd.BYTES;
    long stepC = length * bytesOfC;
    for (int p = 0; p < length; p++) {
      long pb = b + p * ldb;
      long pc = c + p * bytesOfC;
      allRows(plain, m, vectors, a, lda, pb, length * ldb, k, sum, pc, ldc, stepC);
    }
    int rest = panels % width;
    if (rest > 0) {
      long pb = b + (panels - rest) * ldb;
      long pc = c + (panels - rest) * bytesOfC;
      allRows(plain, m, rest * panelVectors, a, lda, pb, ldb, k, sum, pc, ldc, bytesOfC);
    }
  }

  /** All of {@code m} rows against the panels of one tile, of so many vectors. */
  private void allRows(
      boolean plain,
      int m,
      int width,
      long a,
      long lda,
      long b,
      long ldb,
      int k,
      boolean sum,
      long c,
      long ldc,
      long stepC) {
    int tiles = tiles(m);
    int r = 0;
    for (int t = tiles; t > 0; t--) {
      int count = height(m - r, t);
      long pa = a + (layout == Layout.PANELS ? tiles - t : r) * lda;
      long pc = c + r * ldc;
      if (plain) {
        PlainTile.compute(layout, sum, count, width, pa, lda, b, ldb, k, pc, ldc, stepC);
      } else {
        setOrAdd(sum, count, width, pa, lda, b, ldb, k, pc, ldc, stepC);
      }
      r += count;
    }
  }

  /** Rows of the next tile when {@code m} rows are left for {@code tiles} tiles. */
  private static int height(int m, int tiles) {
    return (m + tiles - 1) / tiles;
  }

  /** What {@code lda} is of rows that {@link #packRows} has packed, in bytes. */
  public final long packedStride(int k) {
    return layout == Layout.PANELS ? PackedPanels.panelBytes(k) : (long) k * Float.BYTES;
  }

  /** Bytes that {@link #packRows} fills; 0 for a tile that takes rows as they are. */
  public final long packedBytes(int m, int k) {
    return switch (layout) {
      case ROWS -> 0;
      case INTERLEAVED -> m * packedStride(k);
      case PANELS -> tiles(m) * packedStride(k);
    };
  }

  /**
   * Packs {@code m} rows of A, tile after tile as {@link #compute} cuts them, k-major inside.
   *
   * @param target address of {@link #packedBytes}
   */
  public final void packRows(int m, int k, long a, long lda, long target) {
    int r = 0;
    int tiles = tiles(m);
    for (int t = tiles; t > 0; t--) {
      int count = height(m - r, t);
      if (layout == Layout.PANELS) {
        long to = target + (tiles - t) * packedStride(k);
        if (PlainTile.packs(k)) {
          PlainTile.transpose(count, k, a + r * lda, lda, to);
        } else {
          Transposition.strip(count, k, a + r * lda, lda, to, Simd.BYTES);
        }
      } else {
        interleave(count, k, a + r * lda, lda, target + r * packedStride(k));
      }
      r += count;
    }
  }

  private static void interleave(int count, int k, long a, long lda, long target) {
    for (int i = 0; i < count; i++) {
      long from = a + i * lda;
      long at = target + (long) i * Float.BYTES;
      for (int p = 0; p < k; p++) {
        float x = Simd.MEMORY.get(Simd.FLOAT, from + (long) p * Float.BYTES);
        Simd.MEMORY.set(Simd.FLOAT, at + (long) p * count * Float.BYTES, x);
      }
    }
  }
}
