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
 * MicrokernelGenerator}.
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
  private final boolean packed;

  GemmTile(String name, int rows, int vectors, Storage storage, boolean packed) {
    this.name = name;
    this.rows = rows;
    this.vectors = vectors;
    this.storage = storage;
    this.packed = packed;
  }

  /** What tuning files call it: rows x vectors, the K steps written out, p for a packed A. */
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

  /** How the panels that it reads are stored. */
  public final Storage storage() {
    return storage;
  }

  /**
   * Whether it reads an A that {@link #packRows} has packed. That frees the registers that hold the
   * addresses of rows, for taller tiles, which read each weight once for more rows.
   */
  public final boolean isPacked() {
    return packed;
  }

  /**
   * C = A·B of 1 to {@link #rows()} rows and 1 to {@link #vectors()} vectors, A[r][k] at {@code a +
   * r·lda + 4k} or, packed, at {@code a + 4(rows·k + r)}, panel p at {@code b + p·ldb}.
   */
  abstract void set(
      int rows, int vectors, long a, long lda, long b, long ldb, int k, long c, long ldc);

  /**
   * C += A·B, in the same order of summation as a longer {@link #set}. Not with a packed A, of
   * which a product takes all of k at once.
   */
  void add(int rows, int vectors, long a, long lda, long b, long ldb, int k, long c, long ldc) {
    throw new UnsupportedOperationException(name);
  }

  /**
   * All of {@code m} rows against {@code panels} panels. Rows are cut into tiles of equal height up
   * to one row: no lone last row, and two kernels to warm up instead of one for each height.
   *
   * @param a address of A; of a packed one all of k
   * @param lda bytes between rows of A, {@code 4k} for a packed one
   * @param sum whether to add to C
   */
  final void compute(
      int m, int panels, long a, long lda, long b, long ldb, int k, boolean sum, long c, long ldc) {
    int tiles = (m + rows - 1) / rows;
    int panelVectors = PackedPanels.vectors(storage);
    int most = vectors / panelVectors;
    for (int p = 0; p < panels; p += most) {
      int width = Math.min(most, panels - p) * panelVectors;
      long pb = b + p * ldb;
      long pc = c + (long) p * panelVectors * Simd.BYTES;
      int r = 0;
      for (int t = tiles; t > 0; t--) {
        int count = height(m - r, t);
        if (sum) {
          add(count, width, a + r * lda, lda, pb, ldb, k, pc + r * ldc, ldc);
        } else {
          set(count, width, a + r * lda, lda, pb, ldb, k, pc + r * ldc, ldc);
        }
        r += count;
      }
    }
  }

  /** Rows of the next tile when {@code m} rows are left for {@code tiles} tiles. */
  private static int height(int m, int tiles) {
    return (m + tiles - 1) / tiles;
  }

  /**
   * Packs {@code m} rows of A, tile after tile as {@link #compute} cuts them, k-major inside.
   *
   * @param target address of {@code 4·m·k} bytes
   */
  public final void packRows(int m, int k, long a, long lda, long target) {
    int r = 0;
    for (int t = (m + rows - 1) / rows; t > 0; t--) {
      int count = height(m - r, t);
      long to = target + (long) r * k * Float.BYTES;
      for (int i = 0; i < count; i++) {
        long from = a + (r + i) * lda;
        long at = to + (long) i * Float.BYTES;
        for (int p = 0; p < k; p++) {
          float x = Simd.MEMORY.get(Simd.FLOAT, from + (long) p * Float.BYTES);
          Simd.MEMORY.set(Simd.FLOAT, at + (long) p * count * Float.BYTES, x);
        }
      }
      r += count;
    }
  }
}
