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

  GemmTile(String name, int rows, int vectors, Storage storage) {
    this.name = name;
    this.rows = rows;
    this.vectors = vectors;
    this.storage = storage;
  }

  /** What tuning files call it: rows x vectors, and the K steps written out. */
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
   * C = A·B of 1 to {@link #rows()} rows and 1 to {@link #vectors()} vectors, A[r][k] at {@code a +
   * r·lda + 4k}, panel p at {@code b + p·ldb}.
   */
  abstract void set(
      int rows, int vectors, long a, long lda, long b, long ldb, int k, long c, long ldc);

  /** C += A·B, in the same order of summation as a longer {@link #set}. */
  abstract void add(
      int rows, int vectors, long a, long lda, long b, long ldb, int k, long c, long ldc);

  /**
   * All of {@code m} rows against {@code panels} panels. Rows are cut into tiles of equal height up
   * to one row: no lone last row, and two kernels to warm up instead of one for each height.
   *
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
        int count = (m - r + t - 1) / t;
        if (sum) {
          add(count, width, a + r * lda, lda, pb, ldb, k, pc + r * ldc, ldc);
        } else {
          set(count, width, a + r * lda, lda, pb, ldb, k, pc + r * ldc, ldc);
        }
        r += count;
      }
    }
  }
}
