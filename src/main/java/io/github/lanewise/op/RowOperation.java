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
  interface RowKernel {
    void row(long x, long out, int n);
  }

  /** The same for several rows; {@code ldx} and {@code ldo} are bytes from row to row. */
  interface RowsKernel {
    void rows(long x, long ldx, long out, long ldo, int rows, int n);
  }

  /** Bytes that a task writes at least, unless there are no more: an L1 cache full. */
  private static final long TASK_BYTES = 32 << 10;

  /** Bytes that a task writes at most, unless it is one row. */
  private static final long LONG_TASK_BYTES = 4 << 20;

  private final Lanewise runtime;
  private final Pool<RowJob> jobs;

  private RowOperation(Lanewise runtime, RowsKernel kernel) {
    this.runtime = runtime;
    jobs = new Pool<>(() -> new RowJob(kernel, runtime.team().threads()));
  }

  /** Row by row. */
  static RowOperation ofRow(Lanewise runtime, RowKernel kernel) {
    return ofRows(
        runtime,
        (x, ldx, out, ldo, rows, n) -> {
          for (int row = 0; row < rows; row++) {
            kernel.row(x + row * ldx, out + row * ldo, n);
          }
        });
  }

  /** Element by element: rows that lie end to end are one long row. */
  static RowOperation ofElements(Lanewise runtime, RowKernel kernel) {
    return ofRows(
        runtime,
        (x, ldx, out, ldo, rows, n) -> {
          boolean endToEnd = ldx == ldo && ldx == (long) n * Float.BYTES;
          // A task has few enough elements for an int unless it is a single row.
          int length = endToEnd ? rows * n : n;
          for (int row = 0; row < (endToEnd ? 1 : rows); row++) {
            kernel.row(x + row * ldx, out + row * ldo, length);
          }
        });
  }

  /** Several rows at a time. */
  static RowOperation ofRows(Lanewise runtime, RowsKernel kernel) {
    return new RowOperation(runtime, kernel);
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
    private final RowsKernel kernel;
    private final int threads;
    private long x;
    private long ldx;
    private long out;
    private long ldo;
    private int rows;
    private int columns;
    private int rowsPerTask;

    RowJob(RowsKernel kernel, int threads) {
      this.kernel = kernel;
      this.threads = threads;
    }

    void set(Matrix newX, Matrix newOut) {
      x = newX.address();
      ldx = newX.rowStride() * Float.BYTES;
      out = newOut.address();
      ldo = newOut.rowStride() * Float.BYTES;
      rows = newOut.rows();
      columns = newOut.columns();
      rowsPerTask = rowsPerTask((long) columns * Float.BYTES, rows, threads);
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int from = index * rowsPerTask;
      int count = Math.min(rowsPerTask, rows - from);
      kernel.rows(x + from * ldx, ldx, out + from * ldo, ldo, count, columns);
    }
  }
}
