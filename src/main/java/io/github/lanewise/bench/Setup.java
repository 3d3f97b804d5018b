package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * What a workload is set up with, and the data that it is set up on.
 *
 * @param runtime for our operation
 * @param arena where the data live
 * @param copies of the rotated data, at least one
 * @param peers that take part
 */
record Setup(Lanewise runtime, Arena arena, int copies, List<Peer> peers) {
  boolean comparing() {
    return !peers.isEmpty();
  }

  int threads() {
    return runtime.threads();
  }

  /** Uniform in [-1, 1), the same in every run. */
  Matrix random(int rows, int columns, long seed) {
    Matrix matrix = zero(rows, columns);
    SplittableRandom random = new SplittableRandom(seed);
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        row[c] = (random.nextInt() >> 8) * 0x1p-23f;
      }
      matrix.rowRange(r, 1).copyFrom(row);
    }
    return matrix;
  }

  Matrix zero(int rows, int columns) {
    return Matrix.allocate(arena, rows, columns);
  }

  /** As many matrices of the same values as there are copies, {@code first} among them. */
  List<Matrix> copiesOf(Matrix first) {
    return each(i -> i == 0 ? first : copyOf(first));
  }

  /** One for every copy. */
  <T> List<T> each(IntFunction<T> maker) {
    List<T> list = new ArrayList<>(copies);
    for (int i = 0; i < copies; i++) {
      list.add(maker.apply(i));
    }
    return list;
  }

  private Matrix copyOf(Matrix first) {
    Matrix copy = zero(first.rows(), first.columns());
    MemorySegment.copy(
        first.segment(), 0, copy.segment(), 0, Sizes.matrix(first.rows(), first.columns()));
    return copy;
  }
}
