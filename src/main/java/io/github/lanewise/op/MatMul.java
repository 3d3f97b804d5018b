package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.parallel.Job;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * A plain product {@code c = a·bᵀ} that packs b in the call. For a b that stays the same, {@link
 * Gemm} packs once instead.
 *
 * <p>The same summation order, accuracy and bits as {@link Gemm}. Safe for use by several threads
 * at once; a run allocates nothing on the heap once it has met its largest shape.
 */
public final class MatMul {
  private final Lanewise runtime;
  private final Pool<GemmJob> jobs;
  private final Pool<PackJob> packJobs = new Pool<>(PackJob::new);

  private MatMul(Lanewise runtime) {
    this.runtime = runtime;
    jobs = new Pool<>(() -> new GemmJob(runtime.gemmPlan()));
  }

  /** Prepares products of any shape. */
  public static MatMul prepare(Lanewise runtime) {
    return new MatMul(runtime);
  }

  /**
   * Computes {@code c [m, n]} from {@code a [m, k]} and {@code b [n, k]}; c must overlap neither.
   * With k = 0, c becomes zero.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix a, Matrix b, Matrix c) {
    Checks.input("a", a, a.columns());
    Checks.input("b", b, a.columns());
    Checks.output("c", c, a.rows(), b.rows());
    Checks.disjoint("a", a, "c", c);
    Checks.disjoint("b", b, "c", c);
    GemmJob job = jobs.take();
    PackJob pack = packJobs.take();
    try {
      long panels = job.packing(PackedPanels.bytes(b.rows(), b.columns()));
      pack.set(b, panels);
      runtime.team().run(pack, PackedPanels.count(b.rows()));
      job.set(Epilogue.none(), Storage.F32, panels, a, c);
      job.run(runtime.team());
    } finally {
      // The jobs hold addresses only: an automatic arena must not be collected under them.
      Reference.reachabilityFence(a);
      Reference.reachabilityFence(b);
      Reference.reachabilityFence(c);
    }
    packJobs.give(pack);
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
    List<Runnable> small = new ArrayList<>();
    for (int rows : WarmUp.ROW_COUNTS) {
      for (int k : WarmUp.DEPTHS) {
        small.add(call(warmUp, rows, 3, k));
        small.add(call(warmUp, rows, 70, k));
        small.add(call(warmUp, rows, 270, k));
      }
    }
    return warmUp.run(
        WarmUp.all(small),
        WarmUp.all(
            List.of(
                call(warmUp, 1, 600, 600),
                call(warmUp, 16, 600, 600),
                call(warmUp, 110, 300, 1100))));
  }

  private Runnable call(WarmUp warmUp, int m, int n, int k) {
    Matrix a = warmUp.values(m, k);
    Matrix b = warmUp.values(n, k);
    Matrix c = warmUp.output(m, n);
    return () -> run(a, b, c);
  }

  /** Packs b, one panel a task. */
  private static final class PackJob extends Job {
    private long source;
    private long rowBytes;
    private long panels;
    private int n;
    private int k;

    void set(Matrix b, long newPanels) {
      source = b.address();
      rowBytes = b.rowStride() * Float.BYTES;
      n = b.rows();
      k = b.columns();
      panels = newPanels;
    }

    @Override
    protected void task(int index, Scratch scratch) {
      int nr = PackedPanels.columns();
      int first = index * nr;
      PackedPanels.packPanel(
          panels + index * PackedPanels.panelBytes(k),
          Math.min(nr, n - first),
          k,
          source + first * rowBytes,
          rowBytes);
    }
  }
}
