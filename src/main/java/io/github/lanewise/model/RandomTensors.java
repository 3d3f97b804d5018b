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
          // Rows that lie together in the panels are copied together.
          int group = PackedWeights.rowGroup();
          try (Arena scratch = Arena.ofConfined()) {
            Matrix rows = Matrix.allocate(scratch, group, target.inFeatures());
            float[] floats = new float[target.inFeatures()];
            for (int r = first; r < end; r += group) {
              int count = Math.min(group, end - r);
              for (int i = 0; i < count; i++) {
                values.row(r + i, floats);
                rows.rowRange(i, 1).copyFrom(floats);
              }
              target.setRows(r, rows.rowRange(0, count));
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
