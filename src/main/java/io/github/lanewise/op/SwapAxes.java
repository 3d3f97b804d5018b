package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.simd.RowMath;
import java.lang.ref.Reference;
import java.util.List;

/**
 * Exchanges two axes of a tensor of rows: {@code [items, a, b, n]} becomes {@code [items, b, a,
 * n]}, so that what was a column of rows lies together, as a sequence must for {@link Attention}.
 *
 * <p>Safe for use by several threads at once; a run allocates nothing on the heap.
 */
public final class SwapAxes {
  private final Lanewise runtime;
  private final Pool<SwapJob> jobs = new Pool<>(SwapJob::new);

  private SwapAxes(Lanewise runtime) {
    this.runtime = runtime;
  }

  /** Prepares exchanges in tensors of any shape. */
  public static SwapAxes prepare(Lanewise runtime) {
    return new SwapAxes(runtime);
  }

  /** The exchange in a single item. */
  public void run(Matrix x, int a, Matrix out) {
    run(x, 1, a, out);
  }

  /**
   * Copies row {@code (item·a + i)·b + j} of x to row {@code (item·b + j)·a + i} of out.
   *
   * @param x {@code [items * a * b, n]}
   * @param items tensors one after the other
   * @param a length of the first axis; that of the second follows from the rows
   * @param out {@code [items * b * a, n]}; must not overlap {@code x}
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, int items, int a, Matrix out) {
    Checks.positive("items", items);
    Checks.positive("a", a);
    if (x.rows() % ((long) items * a) != 0) {
      throw new IllegalArgumentException(
          "x has %d rows, must have a multiple of items * a = %d * %d"
              .formatted(x.rows(), items, a));
    }
    Checks.input("x", x, x.columns());
    Checks.output("out", out, x.rows(), x.columns());
    Checks.disjoint("x", x, "out", out);
    SwapJob job = jobs.take();
    job.set(x, items, a, out);
    try {
      runtime.team().run(job, job.tasks());
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
        WarmUp.all(List.of(call(warmUp, 3, 5), call(warmUp, 2, 32), call(warmUp, 1, 300))));
  }

  private Runnable call(WarmUp warmUp, int items, int columns) {
    Matrix x = warmUp.values(items * 24, columns);
    Matrix out = warmUp.output(items * 24, columns);
    return () -> run(x, items, 4, out);
  }

  private static final class SwapJob extends Job {
    private long x;
    private long xBytes;
    private long out;
    private long outBytes;
    private int a;
    private int b;
    private int groups;
    private int columns;
    private int groupsPerTask;

    void set(Matrix newX, int items, int newA, Matrix newOut) {
      x = newX.address();
      xBytes = newX.rowBytes();
      out = newOut.address();
      outBytes = newOut.rowBytes();
      a = newA;
      b = newX.rows() / items / newA;
      groups = items * b;
      columns = newX.columns();
      groupsPerTask = RowOperation.rowsPerTask((long) a * columns * Float.BYTES);
    }

    int tasks() {
      return Math.ceilDiv(groups, groupsPerTask);
    }

    /** Some groups of rows that lie together in the output. */
    @Override
    protected void task(int index, Scratch scratch) {
      int end = Math.min(groups, (index + 1) * groupsPerTask);
      for (int group = index * groupsPerTask; group < end; group++) {
        long from = x + ((long) (group / b) * a * b + group % b) * xBytes;
        long to = out + (long) group * a * outBytes;
        for (int i = 0; i < a; i++) {
          RowMath.copy(from + (long) i * b * xBytes, to + i * outBytes, columns);
        }
      }
    }
  }
}
