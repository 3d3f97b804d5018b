package io.github.lanewise.tuning;

import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.util.Map;

/**
 * What the number of registers and the cache sizes suggest, in the manner of Low et al.,
 * "Analytical Modeling Is Enough for High-Performance BLIS" (2016): where {@code tune} starts, and
 * what is used where no file fits.
 */
final class DefaultTuning {
  private static final String SOURCE = "defaults (from cache sizes)";
  private static final long USUAL_L2_BYTES = 512 << 10;
  private static final long USUAL_L3_BYTES = 8 << 20;

  /** Columns that a thread takes at a time where weights are streamed. */
  private static final int STREAMED_COLUMNS = 256;

  private static final long LEAST_L2_BYTES = 256 << 10;
  private static final long MOST_L2_BYTES = 4 << 20;

  /** Vectors. */
  private static final int WIDEST_TILE = 4;

  private DefaultTuning() {}

  static Tuning of(Machine machine) {
    boolean many = machine.has32Registers();
    int streamed = wholeTiles(STREAMED_COLUMNS, machine);
    String skinny = many ? "8x3u1p" : hasRoom(machine) ? "8x4u1s" : "4x3u2p";
    Map<Shape, Choice> choices =
        Map.of(
            Shape.ROW, new Choice("1x4u2", Choice.ANY, streamed, Choice.ANY),
            Shape.SKINNY, new Choice(skinny, Choice.ANY, streamed, Choice.ANY),
            Shape.MATRIX, many ? matrix("4x4u1", machine) : packed(machine));
    return new Tuning(SOURCE, machine.vectorBits(), new GemmTuning(choices), null);
  }

  /**
   * Of L2, a quarter holds the block of a tile's panels, three eighths that of A, 3/32 that of C;
   * the rest is for what streams through. Sums of up to {@code kc} never leave the registers.
   */
  private static Choice matrix(String tile, Machine machine) {
    long l2 = Math.clamp(machine.cacheBytes(2, USUAL_L2_BYTES), LEAST_L2_BYTES, MOST_L2_BYTES);
    long floats = l2 / Float.BYTES;
    long nr = (long) WIDEST_TILE * (machine.vectorBits() / Float.SIZE);
    int kc = Math.clamp(Long.highestOneBit(floats / 4 / nr), 256, 1024);
    int mc = Math.clamp(floats * 3 / 8 / kc, 48, 192);
    return new Choice(tile, mc, wholeTiles(floats * 3 / 32 / mc, machine), kc);
  }

  /**
   * With 16 registers: tiles that pack a block of A for themselves, in panels of a vector for each
   * k. It serves many columns, since packing it costs as much as multiplying about ten; and many
   * rows share the panels of B, which lie in L2. A tile reads its own rows in order, so the block
   * may lie in L3, an eighth of it (measured on Zen 3 of 512 KiB and 32 MiB, 512 x 3072 x 768: 44
   * tiles 7 % faster than 12, as fast as 88).
   */
  private static Choice packed(Machine machine) {
    if (!hasRoom(machine)) {
      return matrix("4x3u2", machine);
    }
    int kc = 1536;
    long panel = (long) kc * machine.vectorBits() / Byte.SIZE;
    int tiles = Math.clamp(machine.cacheBytes(3, USUAL_L3_BYTES) / 8 / panel, 12, 44);
    return new Choice("6x2u1s", tiles * 6, wholeTiles(12L * STREAMED_COLUMNS, machine), kc);
  }

  /** Whether a vector has room for the rows of a tile. */
  private static boolean hasRoom(Machine machine) {
    return machine.vectorBits() >= 8 * Float.SIZE;
  }

  /** A whole number of tiles of 1, 2, 3 and 4 vectors. */
  private static int wholeTiles(long columns, Machine machine) {
    int unit = 12 * machine.vectorBits() / Float.SIZE;
    return (int) Math.max(1, columns / unit) * unit;
  }
}
