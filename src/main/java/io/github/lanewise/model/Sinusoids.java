package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.ParallelFor;

/** The fixed position encoding of Vaswani et al. 2017, section 3.5. */
final class Sinusoids {
  private static final double BASE = 10_000;

  private Sinusoids() {}

  /** Fills {@code table [positions, dModel]}: sines in even columns, cosines in odd ones. */
  static void fill(Lanewise runtime, Matrix table) {
    ParallelFor.run(
        runtime,
        table.rows(),
        position -> {
          for (int column = 0; column < table.columns(); column++) {
            double angle =
                position / StrictMath.pow(BASE, (column - column % 2) / (double) table.columns());
            double value = column % 2 == 0 ? StrictMath.sin(angle) : StrictMath.cos(angle);
            table.set(position, column, (float) value);
          }
        });
  }
}
