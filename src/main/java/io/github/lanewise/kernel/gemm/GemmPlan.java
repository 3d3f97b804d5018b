package io.github.lanewise.kernel.gemm;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;

/**
 * The kernels and block sizes of matrix products. None of them changes a bit of any result, nor how
 * weights are packed. For weights of 16 bits, products of up to {@link #MOST_SKINNY_ROWS} rows have
 * kernels of their own, which are fixed; of more rows, blocks of another height.
 *
 * @param row for one row: GEMV, the shape of decode
 * @param skinny for 2 to {@link #MOST_SKINNY_ROWS} rows: small batches
 * @param matrix for more rows
 * @param widened for more rows and weights of 16 bits
 */
public record GemmPlan(Blocking row, Blocking skinny, Blocking matrix, Blocking widened) {
  /** Rows up to which a product streams its weights rather than computes. */
  public static final int MOST_SKINNY_ROWS = 16;

  /** Columns of a block: whole tiles of two, three and four vectors. */
  private static final int NC = Math.max(1, 256 / Simd.LANES / 12) * 12 * Simd.LANES;

  /**
   * Rows of a block whose weights are widened for it: many, so that widening them is a small part,
   * and few enough to leave every core a block.
   */
  private static final int WIDENED_MC = 256;

  /** Columns from which packing A for a skinny product pays. */
  private static final int LEAST_SKINNY_COLUMNS = 256;

  private static final Blocking BF16_ROW = row("u1bf16");
  private static final Blocking F16_ROW = row("u1f16");
  private static final Blocking BF16_SKINNY = skinny("u1pbf16");
  private static final Blocking F16_SKINNY = skinny("u1pf16");

  /** Checks that only the class for few rows interleaves them: all are packed at once. */
  public GemmPlan {
    if (!matrix.tile().addsBlocks() || row.tile().isPacked()) {
      throw new IllegalArgumentException(
          "kernels that read interleaved rows are for skinny products, packed ones not for a row");
    }
  }

  /** The same blocks for weights of 16 bits, but of a fixed height, and not as wide. */
  public GemmPlan(Blocking row, Blocking skinny, Blocking matrix) {
    this(row, skinny, matrix, widened(matrix));
  }

  private static Blocking widened(Blocking matrix) {
    int nc = Math.min(matrix.nc(), 2 * NC);
    return new Blocking(matrix.tile(), WIDENED_MC, nc, matrix.kc());
  }

  /**
   * On 16 registers C2 keeps some of eight sums on the stack, which is aligned to 16 bytes: in
   * every other JVM a vector there lies in two cache lines, and a product took three times as long.
   */
  private static Blocking row(String suffix) {
    String size = Simd.HAS_32_REGISTERS ? "1x8" : "1x6";
    return blocking(size + suffix, 1, NC, Blocking.ANY);
  }

  private static Blocking skinny(String suffix) {
    String size = Simd.HAS_32_REGISTERS ? "8x2" : "4x2";
    return blocking(size + suffix, Blocking.ANY, NC, Blocking.ANY);
  }

  private static Blocking blocking(String tile, int mc, int nc, int kc) {
    return new Blocking(Tiles.byName(tile).orElseThrow(), mc, nc, kc);
  }

  /**
   * What to use for {@code m} rows and {@code n} columns: a tile that reads weights in this storage
   * or, where there are so many rows that converting the weights once for all of them is better, a
   * tile for floats, for {@link Blocking#computeWidened}.
   */
  public Blocking choose(int m, int n, Storage storage) {
    boolean isRow = m <= 1;
    boolean isSkinny = m <= MOST_SKINNY_ROWS && n >= LEAST_SKINNY_COLUMNS;
    if (!isRow && !isSkinny) {
      return storage == Storage.F32 ? matrix : widened;
    }
    return switch (storage) {
      case F32 -> isRow ? row : skinny;
      case BF16 -> isRow ? BF16_ROW : BF16_SKINNY;
      case F16 -> isRow ? F16_ROW : F16_SKINNY;
    };
  }
}
