package io.github.lanewise.op;

import java.util.List;

/**
 * A register tile of matrix products of floats, as tuning files name it.
 *
 * @param name rows x vectors, u with the K steps written out, p for packed rows
 * @param rows rows of C that it computes at a time
 * @param vectors vectors of C beside each other that it computes at a time
 * @param isPacked whether it reads packed rows of A: for few rows only
 */
public record GemmKernel(String name, int rows, int vectors, boolean isPacked) {
  /** All there are in this JVM. */
  public static List<GemmKernel> all() {
    return GemmPlans.tiles()
        .map(tile -> new GemmKernel(tile.name(), tile.rows(), tile.vectors(), tile.isPacked()))
        .toList();
  }
}
