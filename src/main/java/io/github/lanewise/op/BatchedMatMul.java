package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * Many products of one shape in one call: {@code c[i] = α·a[i]·b[i]ᵀ + β·c[i]}, or another {@link
 * MatMul.Form}.
 *
 * <p>Each product has the bits of {@link MatMul}. The threads share out the batch, and large
 * products too. A b that all products share ({@link MatrixStack#repeat}) is packed once for several
 * of them. Safe for use by several threads at once; a run allocates nothing on the heap.
 */
public final class BatchedMatMul {
  private final MatMul.Spec spec;
  private final Pool<MatMulJob> jobs;

  private BatchedMatMul(Lanewise runtime, MatMul.Spec spec) {
    this.spec = spec;
    jobs = new Pool<>(() -> new MatMulJob(runtime, spec));
  }

  /** Prepares products {@code c[i] [m, n] = a[i] [m, k]·b[i] [n, k]ᵀ} of any shape. */
  public static BatchedMatMul prepare(Lanewise runtime) {
    return prepare(runtime, MatMul.Spec.of(MatMul.Form.A_BT));
  }

  /** Prepares products of any shape. */
  public static BatchedMatMul prepare(Lanewise runtime, MatMul.Spec spec) {
    return new BatchedMatMul(runtime, spec);
  }

  /**
   * Computes the items of c from those of a and b, whose shapes the form gives. The matrix of c
   * must overlap neither of the others, gaps between items included.
   *
   * @throws IllegalArgumentException if a count, shape, alignment or overlap is wrong, or items of
   *     c overlap each other
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(MatrixStack a, MatrixStack b, MatrixStack c) {
    MatMulChecks.stacks(spec.form(), a, b, c);
    MatMulJob job = jobs.take();
    try {
      job.a().set(a);
      job.b().set(b);
      job.c().set(c);
      int k = MatMulChecks.depth(spec.form(), a.matrix(), a.rows());
      job.run(c.count(), c.rows(), c.columns(), k);
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(a);
      Reference.reachabilityFence(b);
      Reference.reachabilityFence(c);
    }
    jobs.give(job);
  }

  /**
   * Computes {@code c[i]} from {@code a[i]} and {@code b[i]}, views of one shape each that may lie
   * anywhere, such as the heads of a packed matrix. {@code c[i]} must overlap neither {@code a[i]}
   * nor {@code b[i]}, which is checked, nor any other operand, which is not: then what is computed
   * depends on which product comes first. The arrays must not change during the call.
   *
   * @throws IllegalArgumentException if a count, shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix[] a, Matrix[] b, Matrix[] c) {
    MatMulChecks.views(spec.form(), a, b, c);
    if (a.length == 0) {
      return;
    }
    MatMulJob job = jobs.take();
    try {
      job.a().set(a);
      job.b().set(b);
      job.c().set(c);
      int k = MatMulChecks.depth(spec.form(), a[0], a[0].rows());
      job.run(a.length, c[0].rows(), c[0].columns(), k);
    } finally {
      Reference.reachabilityFence(a);
      Reference.reachabilityFence(b);
      Reference.reachabilityFence(c);
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
    List<Runnable> small = new ArrayList<>();
    for (int rows : WarmUp.ROW_COUNTS) {
      for (int k : WarmUp.DEPTHS) {
        small.add(call(warmUp, rows, 3, k));
        small.add(call(warmUp, rows, 70, k));
      }
      small.add(call(warmUp, rows, 70, 37));
    }
    return warmUp.run(
        WarmUp.all(small),
        WarmUp.all(
            List.of(
                call(warmUp, 1, 600, 600),
                call(warmUp, 110, 300, 300),
                call(warmUp, 9, 40, 1100))));
  }

  /** Stacks, with a b of their own and a shared one, and their items as views. */
  private Runnable call(WarmUp warmUp, int m, int n, int k) {
    boolean aByK = spec.form().aByK;
    boolean bByK = spec.form().bByK;
    MatrixStack a = MatrixStack.of(warmUp.values(2 * (aByK ? k : m), aByK ? m : k), 2);
    MatrixStack b = MatrixStack.of(warmUp.values(2 * (bByK ? k : n), bByK ? n : k), 2);
    MatrixStack shared = MatrixStack.repeat(b.item(0), 2);
    MatrixStack c = MatrixStack.of(warmUp.output(2 * m, n), 2);
    Matrix[] as = {a.item(0), a.item(1)};
    Matrix[] bs = {b.item(0), b.item(1)};
    Matrix[] cs = {c.item(0), c.item(1)};
    return () -> {
      run(a, b, c);
      run(a, shared, c);
      run(as, bs, cs);
    };
  }
}
