package io.github.lanewise.kernel.gemm;

import io.github.lanewise.simd.Simd;

/** The register tiles that suit this CPU. */
public final class Tiles {
  /** The tile for matrices: as many accumulators as this CPU has registers for. */
  public static final Microkernel WIDE = has32Registers() ? new Tile5x4() : new Tile4x3();

  /** The tile for few columns: one vector wide. */
  public static final Microkernel NARROW = new Tile6x1();

  private Tiles() {}

  /** AVX-512 and NEON have 32 vector registers, AVX2 and SSE 16. */
  private static boolean has32Registers() {
    return Simd.BITS >= 512 || System.getProperty("os.arch").equals("aarch64");
  }
}
