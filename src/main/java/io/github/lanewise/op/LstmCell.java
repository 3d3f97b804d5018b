package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.simd.RowMath;
import java.lang.ref.Reference;

/**
 * What an LSTM does with the gates of one step (Hochreiter and Schmidhuber 1997, with the forget
 * gate of Gers et al. 2000): {@code c = σ(f)·c + σ(i)·tanh(g)}, {@code h = σ(o)·tanh(c)}.
 *
 * <p>Each gate errs by its function's error and each product and sum by one rounding. A row's bits
 * do not depend on its neighbours or on the number of threads. Safe for use by several threads at
 * once; a run allocates nothing on the heap.
 */
public final class LstmCell {
  /** Gates of a cell: i, f, g, o in this order, as PyTorch has them. */
  public static final int GATES = 4;

  private final Lanewise runtime;
  private final Pool<CellJob> jobs = new Pool<>(CellJob::new);

  private LstmCell(Lanewise runtime) {
    this.runtime = runtime;
  }

  /** Prepares steps of any width and any number of sequences. */
  public static LstmCell prepare(Lanewise runtime) {
    return new LstmCell(runtime);
  }

  /**
   * One step of a batch, a sequence a row; the matrices must not overlap.
   *
   * @param gates {@code [m, 4n]}: i, f, g and o before their functions, which change
   * @param cell {@code [m, n]}: c, in place
   * @param hidden {@code [m, n]}: receives h
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix gates, Matrix cell, Matrix hidden) {
    Checks.atMost("4 * columns of hidden", (long) GATES * hidden.columns(), Matrix.MAX_SIZE);
    Checks.output("gates", gates, hidden.rows(), GATES * hidden.columns());
    Checks.output("cell", cell, hidden.rows(), hidden.columns());
    Checks.output("hidden", hidden, hidden.rows(), hidden.columns());
    Checks.disjoint("gates", gates, "cell", cell);
    Checks.disjoint("gates", gates, "hidden", hidden);
    Checks.disjoint("cell", cell, "hidden", hidden);
    CellJob job = jobs.take();
    job.set(gates, cell, hidden);
    try {
      runtime.team().run(job, job.tasks());
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(gates);
      Reference.reachabilityFence(cell);
      Reference.reachabilityFence(hidden);
    }
    jobs.give(job);
  }

  private static void row(long gates, long cell, long hidden, int n) {
    long bytes = (long) n * Float.BYTES;
    long forget = gates + bytes;
    long candidate = forget + bytes;
    long output = candidate + bytes;
    Activation.SIGMOID.row(gates, gates, 2 * n);
    Activation.TANH.row(candidate, candidate, n);
    Activation.SIGMOID.row(output, output, n);
    RowMath.multiply(forget, cell, cell, n);
    RowMath.multiply(gates, candidate, candidate, n);
    RowMath.add(cell, candidate, cell, n);
    Activation.TANH.row(cell, candidate, n);
    RowMath.multiply(output, candidate, hidden, n);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    return WarmUp.rows(
        GATES,
        length -> {
          Matrix cell = new WarmUp().values(4, length);
          Matrix three = cell.rowRange(0, 3);
          return (gates, hidden) -> run(gates, hidden.rows() == 3 ? three : cell, hidden);
        });
  }

  private static final class CellJob extends Job {
    private long gates;
    private long gatesBytes;
    private long cell;
    private long cellBytes;
    private long hidden;
    private long hiddenBytes;
    private int rows;
    private int columns;
    private int rowsPerTask;

    void set(Matrix newGates, Matrix newCell, Matrix newHidden) {
      gates = newGates.address();
      gatesBytes = newGates.rowBytes();
      cell = newCell.address();
      cellBytes = newCell.rowBytes();
      hidden = newHidden.address();
      hiddenBytes = newHidden.rowBytes();
      rows = newHidden.rows();
      columns = newHidden.columns();
      rowsPerTask = RowOperation.rowsPerTask((long) GATES * columns * Float.BYTES);
    }

    int tasks() {
      return Math.ceilDiv(rows, rowsPerTask);
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int end = Math.min(rows, (index + 1) * rowsPerTask);
      for (int r = index * rowsPerTask; r < end; r++) {
        row(gates + r * gatesBytes, cell + r * cellBytes, hidden + r * hiddenBytes, columns);
      }
    }
  }
}
