package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Packing;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;
import java.util.List;

/**
 * The transpose of a matrix: from channels beside each other to channels apart, and back.
 *
 * <p>Safe for use by several threads at once; a run allocates nothing on the heap.
 */
public final class Transpose {
  /** Rows of the input that a task takes: whole vectors, and whole cache lines of the output. */
  private static final int ROWS = 64;

  private final Lanewise runtime;
  private final Pool<TransposeJob> jobs = new Pool<>(TransposeJob::new);

  private Transpose(Lanewise runtime) {
    this.runtime = runtime;
  }

  /** Prepares transposes of any shape. */
  public static Transpose prepare(Lanewise runtime) {
    return new Transpose(runtime);
  }

  /**
   * Copies {@code x [m, n]} to {@code out [n, m]}; they must not overlap.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix out) {
    Checks.input("x", x, x.columns());
    Checks.output("out", out, x.columns(), x.rows());
    Checks.disjoint("x", x, "out", out);
    TransposeJob job = jobs.take();
    job.set(x, out);
    try {
      runtime.team().run(job, Math.ceilDiv(x.rows(), ROWS));
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(x);
      Reference.reachabilityFence(out);
    }
    jobs.give(job);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    WarmUp warmUp = new WarmUp();
    return warmUp.run(
        WarmUp.all(
            List.of(
                call(warmUp, 70, 3),
                call(warmUp, 70, 19),
                call(warmUp, 3, 70),
                call(warmUp, 130, 130))));
  }

  private Runnable call(WarmUp warmUp, int rows, int columns) {
    Matrix x = warmUp.values(rows, columns);
    Matrix out = warmUp.output(columns, rows);
    return () -> run(x, out);
  }

  private static final class TransposeJob extends Job {
    private long x;
    private long xBytes;
    private long out;
    private long outBytes;
    private int rows;
    private int columns;

    void set(Matrix newX, Matrix newOut) {
      x = newX.address();
      xBytes = newX.rowBytes();
      out = newOut.address();
      outBytes = newOut.rowBytes();
      rows = newX.rows();
      columns = newX.columns();
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int first = index * ROWS;
      Packing.transposeExactly(
          out + (long) first * Float.BYTES,
          outBytes,
          Math.min(ROWS, rows - first),
          columns,
          x + first * xBytes,
          xBytes);
    }
  }
}
