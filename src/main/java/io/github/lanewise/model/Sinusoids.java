package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.ParallelFor;
import io.github.lanewise.op.Rope;

/** The fixed position encoding of Vaswani et al. 2017, section 3.5, and that of Whisper. */
final class Sinusoids {
  private static final double BASE = 10_000;

  private Sinusoids() {}

  /**
   * Fills {@code table [positions, dModel]}: sines in even columns and cosines in odd ones, or
   * sines in the first half of the columns and cosines in the other.
   */
  static void fill(Lanewise runtime, Matrix table, Rope.Pairing pairing) {
    int columns = table.columns();
    int half = Math.ceilDiv(columns, 2);
    boolean halves = pairing == Rope.Pairing.HALVES;
    ParallelFor.run(
        runtime,
        table.rows(),
        position -> {
          for (int column = 0; column < columns; column++) {
            boolean cosine = halves ? column >= half : column % 2 == 1;
            double power =
                halves
                    ? column % half / Math.max(1.0, half - 1)
                    : (column - column % 2) / (double) columns;
            double angle = position / StrictMath.pow(BASE, power);
            double value = cosine ? StrictMath.cos(angle) : StrictMath.sin(angle);
            table.set(position, column, (float) value);
          }
        });
  }
}
