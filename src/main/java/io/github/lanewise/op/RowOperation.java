package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;

/** Runs a kernel on every row, rows split over the team in tasks that outweigh the hand-over. */
final class RowOperation {
  /**
   * What is done to one row: {@code n} output floats at {@code out} from the row at {@code x}; both
   * are addresses.
   */
  interface Kernel {
    void row(long x, long out, int n);
  }

  /** Bytes that a task writes at least, unless there are no more: an L1 cache full. */
  private static final long TASK_BYTES = 32 << 10;

  /** Bytes that a task writes at most, unless it is one row. */
  private static final long LONG_TASK_BYTES = 4 << 20;

  private final Lanewise runtime;
  private final Pool<RowJob> jobs;

  RowOperation(Lanewise runtime, Kernel kernel) {
    this.runtime = runtime;
    jobs = new Pool<>(() -> new RowJob(kernel));
  }

  /** Rows that a task takes when each writes {@code rowBytes}. */
  static int rowsPerTask(long rowBytes) {
    return Math.clamp(TASK_BYTES / Math.max(1, rowBytes), 1, 1 << 20);
  }

  /**
   * The same for kernels that read a row ahead: many rows a task, but eight tasks for each thread
   * where there are enough rows.
   */
  static int rowsPerTask(long rowBytes, int rows, int threads) {
    int most = Math.clamp(LONG_TASK_BYTES / Math.max(1, rowBytes), 1, 1 << 20);
    return Math.max(rowsPerTask(rowBytes), Math.min(most, rows / (8 * threads)));
  }

  void run(Matrix x, Matrix out) {
    RowJob job = jobs.take();
    job.set(x, out);
    try {
      runtime.team().run(job, (job.rows + job.rowsPerTask - 1) / job.rowsPerTask);
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(x);
      Reference.reachabilityFence(out);
    }
    jobs.give(job);
  }

  private static final class RowJob extends Job {
    private final Kernel kernel;
    private long x;
    private long ldx;
    private long out;
    private long ldo;
    private int rows;
    private int columns;
    private int rowsPerTask;

    RowJob(Kernel kernel) {
      this.kernel = kernel;
    }

    void set(Matrix newX, Matrix newOut) {
      x = newX.address();
      ldx = newX.rowStride() * Float.BYTES;
      out = newOut.address();
      ldo = newOut.rowStride() * Float.BYTES;
      rows = newOut.rows();
      columns = newOut.columns();
      rowsPerTask = rowsPerTask((long) columns * Float.BYTES);
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int end = Math.min(rows, (index + 1) * rowsPerTask);
      for (int row = index * rowsPerTask; row < end; row++) {
        kernel.row(x + row * ldx, out + row * ldo, columns);
      }
    }
  }
}
