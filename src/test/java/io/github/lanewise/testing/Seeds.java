package io.github.lanewise.testing;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Reproducible data. */
public final class Seeds {
  private Seeds() {}

  /** Fills with uniform values in [-1, 1). */
  public static void fill(Matrix matrix, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        matrix.set(r, c, (float) random.nextDouble(-1, 1));
      }
    }
  }

  /** A new matrix of uniform values in [-1, 1). */
  public static Matrix matrix(long seed, int rows, int columns) {
    Matrix matrix = Matrix.allocate(Arena.ofAuto(), rows, columns);
    fill(matrix, seed);
    return matrix;
  }
}
