package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * A product {@code c = α·a·bᵀ + β·c}, of operands as they lie in memory. For a b that stays the
 * same, {@link Gemm} packs once instead; for many products of one shape there is {@link
 * BatchedMatMul}.
 *
 * <p>The same summation order, accuracy and bits as {@link Gemm} in every form. α is applied to the
 * finished sum, then β·c is added, rounded once: |error| ≤ γ(k + 2)·(|α|·Σ|a||b| + |β·c|). As in
 * the BLAS, c is not read where β = 0, nor a and b where α = 0.
 *
 * <p>Each task packs the piece of b that it needs and uses it at once for up to 1024 rows: a
 * product needs no memory that grows with b. Safe for use by several threads at once; a run
 * allocates nothing on the heap.
 */
public final class MatMul {
  private final Lanewise runtime;
  private final Spec spec;
  private final Pool<MatMulJob> jobs;

  private MatMul(Lanewise runtime, Spec spec) {
    this.runtime = runtime;
    this.spec = spec;
    jobs = new Pool<>(() -> new MatMulJob(runtime, spec));
  }

  /** How the operands of a product lie in memory; all are row-major views. */
  public enum Form {
    /** a {@code [m, k]}, b {@code [n, k]}: rows against rows, as weights are stored. */
    A_BT(false, false),
    /** a {@code [m, k]}, b {@code [k, n]}: the textbook's product. */
    A_B(false, true),
    /** a {@code [k, m]}, b {@code [k, n]}: columns against columns, as gradients of weights. */
    AT_B(true, true),
    /** a {@code [k, m]}, b {@code [n, k]}. */
    AT_BT(true, false);

    /** Whether a is {@code [k, m]}. */
    final boolean aByK;

    /** Whether b is {@code [k, n]}. */
    final boolean bByK;

    Form(boolean aByK, boolean bByK) {
      this.aByK = aByK;
      this.bByK = bByK;
    }
  }

  /**
   * What to compute. Immutable: each method returns a new one.
   *
   * @param form how the operands lie in memory
   * @param alpha factor of the product; at 0, a and b are not read
   * @param beta factor of the c that there is; at 0, it is not read, at 1 the product is added
   */
  public record Spec(Form form, float alpha, float beta) {
    /** The product alone. */
    public static Spec of(Form form) {
      return new Spec(form, 1, 0);
    }

    /** With another factor of the product. */
    public Spec alpha(float newAlpha) {
      return new Spec(form, newAlpha, beta);
    }

    /** With another factor of c. */
    public Spec beta(float newBeta) {
      return new Spec(form, alpha, newBeta);
    }

    /** Adds the product to c. */
    public Spec accumulate() {
      return beta(1);
    }
  }

  /** Prepares products {@code c [m, n] = a [m, k]·b [n, k]ᵀ} of any shape. */
  public static MatMul prepare(Lanewise runtime) {
    return prepare(runtime, Spec.of(Form.A_BT));
  }

  /** Prepares products of any shape. */
  public static MatMul prepare(Lanewise runtime, Spec spec) {
    return new MatMul(runtime, spec);
  }

  /**
   * Computes {@code c [m, n]} from a and b, whose shapes the form gives; c must overlap neither.
   * With k = 0 the product is zero.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix a, Matrix b, Matrix c) {
    MatMulChecks.operands(spec.form(), a, a.rows(), b, b.rows(), c, c.rows());
    MatMulJob job = jobs.take();
    try {
      job.a().set(a);
      job.b().set(b);
      job.c().set(c);
      job.run(1, c.rows(), c.columns(), MatMulChecks.depth(spec.form(), a, a.rows()));
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(a);
      Reference.reachabilityFence(b);
      Reference.reachabilityFence(c);
    }
    jobs.give(job);
  }

  /**
   * Name of the register tile that products of {@code rows} rows run on, as tuning files say it.
   */
  public String kernel(int rows) {
    return MatMulJob.blocking(runtime, rows).tile().name();
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
                call(warmUp, 16, 600, 600),
                call(warmUp, 110, 300, 300),
                call(warmUp, 9, 40, 1100),
                call(warmUp, 110, 300, 1100))));
  }

  private Runnable call(WarmUp warmUp, int m, int n, int k) {
    Matrix a = spec.form().aByK ? warmUp.values(k, m) : warmUp.values(m, k);
    Matrix b = spec.form().bByK ? warmUp.values(k, n) : warmUp.values(n, k);
    Matrix c = warmUp.output(m, n);
    return () -> run(a, b, c);
  }
}
