package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.GemmTile;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.TuningException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns the names of a tuning into kernels. */
final class GemmPlans {
  private GemmPlans() {}

  /**
   * The plan that a tuning describes.
   *
   * @throws TuningException if it names a kernel that there is not, or blocks that cannot be
   */
  static GemmPlan of(Tuning tuning) {
    return new GemmPlan(
        blocking(tuning, Shape.ROW),
        blocking(tuning, Shape.SKINNY),
        blocking(tuning, Shape.MATRIX));
  }

  private static Blocking blocking(Tuning tuning, Shape shape) {
    Choice choice = tuning.gemm().choice(shape);
    GemmTile tile = kernel(tuning, shape);
    int nc = size(tuning, shape, "nc", choice.nc(), 2 * Simd.LANES, Choice.MOST_NC);
    int mc = Blocking.ANY;
    if (shape.cutsRows()) {
      mc = size(tuning, shape, "mc", choice.mc(), 1, Choice.MOST_MC);
    }
    int kc = Blocking.ANY;
    if (shape.cutsSums()) {
      kc = size(tuning, shape, "kc", choice.kc(), 1, Choice.MOST_KC);
    }
    return new Blocking(tile, mc, nc, kc);
  }

  /** What a file must not say is refused wherever it comes from. */
  private static int size(Tuning tuning, Shape shape, String key, int value, int unit, int most) {
    if (value < 1 || value > most || value % unit != 0) {
      String multiple = unit == 1 ? "" : "a multiple of " + unit + ", ";
      throw new TuningException(
          tuning.source(),
          "gemm.%s.%s is %d, must be %sfrom 1 to %d"
              .formatted(shape.key(), key, value, multiple, most));
    }
    return value;
  }

  private static GemmTile kernel(Tuning tuning, Shape shape) {
    String name = tuning.gemm().choice(shape).kernel();
    return tiles(shape)
        .filter(tile -> tile.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TuningException(
                    tuning.source(),
                    "gemm.%s.kernel is %s, must be one of %s"
                        .formatted(shape.key(), Tuning.shown(name), names(shape))));
  }

  private static String names(Shape shape) {
    return tiles(shape).map(GemmTile::name).collect(Collectors.joining(", "));
  }

  /** Only where rows are few are all of them packed, and a single one never is. */
  private static Stream<GemmTile> tiles(Shape shape) {
    return tiles()
        .filter(
            tile ->
                switch (shape) {
                  case ROW -> !tile.isPacked();
                  case SKINNY -> true;
                  case MATRIX -> tile.addsBlocks();
                });
  }

  /** All that a tuning may name. Those for weights of 16 bits are chosen by their storage. */
  static Stream<GemmTile> tiles() {
    return Tiles.all().stream().filter(tile -> tile.storage() == Storage.F32);
  }
}
