package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import io.github.lanewise.op.ParallelFor;
import java.lang.foreign.Arena;

/** Fills tensors with {@link RandomValues}, on all threads. */
final class RandomTensors {
  private static final int ROWS_PER_TASK = 64;

  private RandomTensors() {}

  static void fill(Lanewise runtime, PackedWeights target, RandomValues values) {
    forRows(
        runtime,
        target.outFeatures(),
        (first, end) -> {
          try (Arena scratch = Arena.ofConfined()) {
            Matrix row = Matrix.allocate(scratch, 1, target.inFeatures());
            float[] floats = new float[target.inFeatures()];
            for (int r = first; r < end; r++) {
              values.row(r, floats);
              row.copyFrom(floats);
              target.setRow(r, row, 0);
            }
          }
        });
  }

  static void fill(Lanewise runtime, Matrix target, RandomValues values) {
    forRows(
        runtime,
        target.rows(),
        (first, end) -> {
          float[] floats = new float[target.columns()];
          for (int r = first; r < end; r++) {
            values.row(r, floats);
            target.rowRange(r, 1).copyFrom(floats);
          }
        });
  }

  private interface RowRange {
    void fill(int first, int end);
  }

  private static void forRows(Lanewise runtime, int rows, RowRange range) {
    ParallelFor.run(
        runtime,
        Math.ceilDiv(rows, ROWS_PER_TASK),
        task -> range.fill(task * ROWS_PER_TASK, Math.min(rows, (task + 1) * ROWS_PER_TASK)));
  }
}
