package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.GemmTile;
import io.github.lanewise.kernel.gemm.Tiles;
import io.github.lanewise.memory.Storage;
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
    int mc = shape.cutsRows() ? choice.mc() : Blocking.ANY;
    int kc = shape.cutsSums() ? choice.kc() : Blocking.ANY;
    try {
      return new Blocking(tile, mc, choice.nc(), kc);
    } catch (IllegalArgumentException wrong) {
      throw new TuningException(
          tuning.source(), "gemm.%s: %s".formatted(shape.key(), wrong.getMessage()));
    }
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

  /** Only where rows are few are all of them packed. */
  private static Stream<GemmTile> tiles(Shape shape) {
    return tiles().filter(tile -> shape == Shape.SKINNY || !tile.isPacked());
  }

  /** All that a tuning may name. Those for weights of 16 bits are chosen by their storage. */
  static Stream<GemmTile> tiles() {
    return Tiles.all().stream().filter(tile -> tile.storage() == Storage.F32);
  }
}
