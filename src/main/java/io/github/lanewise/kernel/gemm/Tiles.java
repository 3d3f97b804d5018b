package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.util.List;
import java.util.Optional;

/** The register tiles, and which of them suit this CPU. */
public final class Tiles {
  /** The tile of attention for scores: as many accumulators as this CPU has registers for. */
  public static final Microkernel WIDE = Simd.HAS_32_REGISTERS ? new Tile4x4u1() : new Tile4x3u2();

  /** The tile of attention for scores of few queries: one vector wide. */
  public static final Microkernel NARROW = new Tile6x1u2();

  /** The tile of attention for values. */
  public static final ValueTile VALUES =
      Simd.HAS_32_REGISTERS ? new ValueTile4x4u1() : new ValueTile4x3u2();

  private Tiles() {}

  /** All tiles for matrix products. */
  public static List<GemmTile> all() {
    return GeneratedTiles.ALL;
  }

  /** The tile for matrix products that tuning files call {@code name}. */
  public static Optional<GemmTile> byName(String name) {
    return GeneratedTiles.ALL.stream().filter(tile -> tile.name().equals(name)).findFirst();
  }
}
