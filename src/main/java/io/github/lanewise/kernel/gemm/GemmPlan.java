package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;

/**
 * The kernels and block sizes of matrix products. None of them changes a bit of any result, nor how
 * weights are packed.
 *
 * @param row for one row: GEMV, the shape of decode
 * @param skinny for 2 to {@link #MOST_SKINNY_ROWS} rows: small batches
 * @param matrix for more rows
 */
public record GemmPlan(Blocking row, Blocking skinny, Blocking matrix) {
  /** Rows up to which a product streams its weights rather than computes. */
  public static final int MOST_SKINNY_ROWS = 16;

  /** Columns of a block: whole tiles of two, three and four vectors. */
  private static final int NC = Math.max(1, 256 / Simd.LANES / 12) * 12 * Simd.LANES;

  /** Rows up to which weights of 16 bits are converted inside the tile. */
  private static final int MOST_FUSED_ROWS = 4;

  private static final Blocking BF16_ROW = blocking("1x8u1bf16", 1, NC, Blocking.ANY);
  private static final Blocking F16_ROW = blocking("1x8u1f16", 1, NC, Blocking.ANY);
  private static final Blocking BF16_ROWS = blocking("4x4u1bf16", 4, NC, Blocking.ANY);
  private static final Blocking F16_ROWS = blocking("4x4u1f16", 4, NC, Blocking.ANY);

  /** What this CPU's registers and the usual cache sizes suggest. */
  public static GemmPlan defaults() {
    String tile = Tiles.HAS_32_REGISTERS ? "4x4u1" : "4x3u2";
    return new GemmPlan(
        blocking("1x4u2", 1, NC, Blocking.ANY),
        blocking(tile, MOST_SKINNY_ROWS, NC, 256),
        blocking(tile, 96, NC, 1024));
  }

  private static Blocking blocking(String tile, int mc, int nc, int kc) {
    return new Blocking(Tiles.byName(tile).orElseThrow(), mc, nc, kc);
  }

  /** What to use for {@code m} rows. */
  public Blocking forRows(int m) {
    return m <= 1 ? row : m <= MOST_SKINNY_ROWS ? skinny : matrix;
  }

  /**
   * What to use for {@code m} rows and weights in a storage: a tile that reads it, or a tile for
   * floats, for {@link Blocking#computeWidened}, where there are so many rows that converting the
   * weights once for all of them is better.
   */
  public Blocking forRows(int m, Storage storage) {
    if (storage == Storage.F32 || m > MOST_FUSED_ROWS) {
      return forRows(m);
    }
    if (m <= 1) {
      return storage == Storage.BF16 ? BF16_ROW : F16_ROW;
    }
    return storage == Storage.BF16 ? BF16_ROWS : F16_ROWS;
  }
}
