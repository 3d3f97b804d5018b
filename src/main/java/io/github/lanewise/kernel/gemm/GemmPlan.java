package io.github.lanewise.kernel.gemm;

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

  /** What this CPU's registers and the usual cache sizes suggest. */
  public static GemmPlan defaults() {
    boolean many = Tiles.HAS_32_REGISTERS;
    int nc = Math.max(1, 256 / Simd.LANES / 12) * 12 * Simd.LANES;
    return new GemmPlan(
        blocking("1x4u2", 1, nc, Blocking.ANY),
        blocking(many ? "4x4u1" : "4x3u2", MOST_SKINNY_ROWS, nc, 256),
        blocking(many ? "4x4u1" : "4x3u2", 96, nc, 1024));
  }

  private static Blocking blocking(String tile, int mc, int nc, int kc) {
    return new Blocking(Tiles.byName(tile).orElseThrow(), mc, nc, kc);
  }

  /** What to use for {@code m} rows. */
  public Blocking forRows(int m) {
    return m <= 1 ? row : m <= MOST_SKINNY_ROWS ? skinny : matrix;
  }
}
