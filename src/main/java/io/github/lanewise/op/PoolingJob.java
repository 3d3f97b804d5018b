package io.github.lanewise.op;

import io.github.lanewise.kernel.norm.NormKernel;
import io.github.lanewise.kernel.pooling.MeanKernel;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.RowMath;

/** Pooling of a ragged batch; a task is a few sequences. */
final class PoolingJob extends Job {
  /** As in the models' own libraries, which divide by no less. */
  private static final double LEAST_NORM = 1e-12;

  /** Rows that a task reads on average: far more work than handing it over. */
  private static final int ROWS_PER_TASK = 128;

  private final Pooling.Kind kind;
  private final boolean normalize;

  private int[] offsets = new int[2];
  private int sequences;
  private int tasks;
  private int columns;
  private long x;
  private long ldx;
  private long out;
  private long ldo;

  PoolingJob(Pooling.Kind kind, boolean normalize) {
    this.kind = kind;
    this.normalize = normalize;
  }

  /** Checks the operands. Offsets are copied first: a caller may reuse its array at any time. */
  void set(Matrix newX, int[] newOffsets, Matrix newOut) {
    if (offsets.length < newOffsets.length) {
      offsets = new int[newOffsets.length];
    }
    System.arraycopy(newOffsets, 0, offsets, 0, newOffsets.length);
    SequenceRanges.checkOffsets("offsets", offsets, newOffsets.length, newX.rows());
    sequences = newOffsets.length - 1;
    columns = newX.columns();
    Checks.input("x", newX, columns);
    Checks.output("out", newOut, sequences, columns);
    Checks.disjoint("out", newOut, "x", newX);
    x = newX.address();
    ldx = newX.rowStride() * Float.BYTES;
    out = newOut.address();
    ldo = newOut.rowStride() * Float.BYTES;
    tasks = Math.clamp(newX.rows() / ROWS_PER_TASK, Math.min(1, sequences), sequences);
  }

  void run(WorkerTeam team) {
    team.run(this, tasks);
  }

  @Override
  protected void task(int index, Scratch scratch) {
    int end = first(index + 1);
    for (int s = first(index); s < end; s++) {
      pool(x + offsets[s] * ldx, offsets[s + 1] - offsets[s], out + s * ldo);
    }
  }

  private int first(int task) {
    return (int) ((long) sequences * task / tasks);
  }

  private void pool(long rows, int count, long target) {
    if (count == 0) {
      RowMath.fill(0, target, columns);
      return;
    }
    if (kind == Pooling.Kind.MEAN) {
      MeanKernel.mean(rows, ldx, count, columns, target);
    } else {
      RowMath.copy(rows, target, columns);
    }
    if (normalize) {
      NormKernel.unit(target, target, columns, LEAST_NORM);
    }
  }
}
