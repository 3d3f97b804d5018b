package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Matrices of seeded values in [-1, 1). */
final class Data {
  private final SplittableRandom random = new SplittableRandom(42);
  private final Arena arena;

  Data(Arena arena) {
    this.arena = arena;
  }

  Matrix matrix(int rows, int columns) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(i, j, random.nextFloat(-1, 1));
      }
    }
    return matrix;
  }
}
