package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;
import java.util.List;
import java.util.Optional;

/** The register tiles, and which of them suit this CPU. */
public final class Tiles {
  /** Whether there are 32 vector registers (AVX-512, NEON) and not 16 (AVX2, SSE). */
  public static final boolean HAS_32_REGISTERS =
      Simd.BITS >= 512 || System.getProperty("os.arch").equals("aarch64");

  /** The tile for attention, whose head dimensions and blocks of keys are multiples of 4. */
  public static final Microkernel ATTENTION = has32Registers() ? new Tile4x4() : WIDE;

  /** The tile for few columns: one vector wide. */
  public static final Microkernel NARROW = new Tile6x1();

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
