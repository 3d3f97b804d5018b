package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The register tiles, and which of them suit this CPU. */
public final class Tiles {
  /** The tile of attention for scores: as many accumulators as C2 keeps in registers here. */
  public static final Microkernel WIDE = Simd.HAS_32_REGISTERS ? new Tile4x4u1() : new Tile6x2u1s();

  /** A tile for few columns, one vector wide. */
  public static final Microkernel ONE_VECTOR = new Tile6x1u2();

  /** The tile of attention for scores of few queries: one that {@link #VALUES} goes with. */
  public static final Microkernel NARROW = Simd.HAS_32_REGISTERS ? ONE_VECTOR : WIDE;

  /** The tile of attention for values. */
  public static final ValueTile VALUES =
      Simd.HAS_32_REGISTERS ? new ValueTile4x4u1() : new ValueTile6x2u1s();

  /**
   * The tile for values of linear attention, whose weights lie in rows of any length, and whose
   * states are sums in the order of the keys: it goes on with what C holds.
   */
  public static final ValueTile LINEAR_VALUES =
      Simd.HAS_32_REGISTERS ? VALUES : new ValueTile4x3u2();

  private static final List<GemmTile> ALL =
      Stream.concat(GeneratedTiles.ALL.stream(), Stream.of(new FewRowsTile()))
          .filter(GemmTile::fitsVectors)
          .toList();

  private Tiles() {}

  /** All tiles for matrix products that vectors of this length have room for. */
  public static List<GemmTile> all() {
    return ALL;
  }

  /** The tile for matrix products that tuning files call {@code name}. */
  public static Optional<GemmTile> byName(String name) {
    return ALL.stream().filter(tile -> tile.name().equals(name)).findFirst();
  }
}
