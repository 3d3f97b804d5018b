package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.GemmTile;
import java.util.List;

/**
 * A register tile of matrix products of floats, as tuning files name it.
 *
 * @param name rows x vectors, u with the K steps written out, p or s for packed rows (with s always
 *     u1: the loop decides)
 * @param rows rows of C that it computes at a time
 * @param vectors vectors of C beside each other that it computes at a time
 * @param registers vectors that it keeps in registers at most
 * @param isPacked whether it reads packed rows of A: not for a single row
 * @param addsBlocks whether it can go on with sums of an earlier block of k: for many rows
 */
public record GemmKernel(
    String name, int rows, int vectors, int registers, boolean isPacked, boolean addsBlocks) {
  /** All there are in this JVM. */
  public static List<GemmKernel> all() {
    return GemmPlans.tiles().map(GemmKernel::of).toList();
  }

  private static GemmKernel of(GemmTile tile) {
    return new GemmKernel(
        tile.name(),
        tile.rows(),
        tile.vectors(),
        tile.registers(),
        tile.isPacked(),
        tile.addsBlocks());
  }
}
