package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Matrices of seeded values in [-1, 1). */
final class Data {
  /** What memory-bound shapes go through in turn: far more than any cache holds. */
  private static final long ROTATED_BYTES = 512L << 20;

  private final SplittableRandom random = new SplittableRandom(42);
  private final Arena arena;

  Data(Arena arena) {
    this.arena = arena;
  }

  /** How many copies a shape rotates over that reads {@code bytes} a call from memory. */
  static int copies(double bytes) {
    return (int) Math.ceil(ROTATED_BYTES / bytes);
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

  /** Several matrices, each in memory of its own, all of the same values. */
  List<Matrix> matrices(int count, int rows, int columns) {
    List<Matrix> matrices = new ArrayList<>(List.of(matrix(rows, columns)));
    MemorySegment first = matrices.getFirst().segment();
    while (matrices.size() < count) {
      Matrix copy = Matrix.allocate(arena, rows, columns);
      copy.segment().copyFrom(first);
      matrices.add(copy);
    }
    return matrices;
  }
}
