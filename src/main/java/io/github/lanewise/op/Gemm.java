package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.Blocking;
import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.PackedPanels;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import io.github.lanewise.tuning.Tuning;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: {@code c = residual + activation(a·Wᵀ + bias)} with W prepacked.
 *
 * <p>{@code a [m, inFeatures]}, {@code c [m, outFeatures]}, any m: a prompt's tokens at once (GEMM)
 * or one (GEMV). Each output is one f32 accumulator that takes its products in ascending order of
 * the input features by FMA: |error| ≤ γ(inFeatures)·Σ|a||w| with γ(k) = k·u/(1 - k·u), u = 2⁻²⁴,
 * plus the rounding of the epilogue. A row's result has the same bits in any batch and with any
 * number of threads. Safe for use by several threads at once; a run allocates nothing on the heap.
 */
public final class Gemm {
  /** Products of a sum to warm up with at most: blocks of k that are longer are hardly used. */
  private static final int MOST_WARM_UP_DEPTH = 4096;

  private final Lanewise runtime;
  private final PackedWeights weights;
  private final Epilogue epilogue;
  private final Pool<GemmJob> jobs;

  private Gemm(Lanewise runtime, PackedWeights weights, Epilogue epilogue) {
    this.runtime = runtime;
    this.weights = weights;
    this.epilogue = epilogue;
    jobs = new Pool<>(() -> new GemmJob(runtime.gemmPlan()));
  }

  /** Prepares {@code a·Wᵀ}. */
  public static Gemm prepare(Lanewise runtime, PackedWeights weights) {
    return prepare(runtime, weights, Epilogue.none());
  }

  /**
   * Prepares {@code a·Wᵀ} with an epilogue.
   *
   * @throws IllegalArgumentException if the bias is not {@code [1, outFeatures]} off-heap
   */
  public static Gemm prepare(Lanewise runtime, PackedWeights weights, Epilogue epilogue) {
    epilogue.check(weights.outFeatures());
    return new Gemm(runtime, weights, epilogue);
  }

  /**
   * Scratch memory that each thread uses at most for {@code rows} rows, in bytes, with the default
   * block sizes.
   */
  public static long scratchBytesPerThread(int rows) {
    GemmPlan plan = GemmPlans.of(Tuning.defaults());
    int height = Math.min(plan.matrix().mc(), rows);
    int widened = Math.min(plan.widened().mc(), rows);
    return Math.max(
        bytesOfC(plan.matrix(), height) + plan.matrix().packedBytes(height, Integer.MAX_VALUE),
        bytesOfC(plan.widened(), widened)
            + plan.widened().widenedBytes(widened, Integer.MAX_VALUE));
  }

  private static long bytesOfC(Blocking blocking, int rows) {
    return (long) rows * blocking.nc() * Float.BYTES;
  }

  /**
   * Computes {@code c [m, outFeatures]} from {@code a [m, inFeatures]}; they must not overlap.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong, or if the epilogue
   *     wants a residual
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix a, Matrix c) {
    if (epilogue.hasResidual()) {
      throw new IllegalArgumentException("residual is missing: the epilogue asks for one");
    }
    check(a, c);
    execute(a, null, c);
  }

  /**
   * Computes {@code c [m, outFeatures]} from {@code a [m, inFeatures]} and {@code residual [m,
   * outFeatures]}, which may be the same view as {@code c} (x += layer(x)); {@code a} and {@code c}
   * must not overlap.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong, or if the epilogue
   *     has no residual
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix a, Matrix residual, Matrix c) {
    if (!epilogue.hasResidual()) {
      throw new IllegalArgumentException(
          "residual is given, but the epilogue was prepared without one");
    }
    check(a, c);
    Checks.rows("residual", residual, a.rows());
    Checks.input("residual", residual, weights.outFeatures());
    Checks.sameOrDisjoint("residual", residual, "c", c);
    execute(a, residual, c);
  }

  private void check(Matrix a, Matrix c) {
    Checks.input("a", a, weights.inFeatures());
    Checks.output("c", c, a.rows(), weights.outFeatures());
    Checks.disjoint("a", a, "c", c);
    epilogue.check(weights.outFeatures());
  }

  private void execute(Matrix a, @Nullable Matrix residual, Matrix c) {
    GemmJob job = jobs.take();
    job.set(epilogue, weights.storage(), weights.address(), a, c);
    if (residual != null) {
      job.setResidual(residual);
    }
    try {
      job.run(runtime.team());
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(a);
      Reference.reachabilityFence(residual);
      Reference.reachabilityFence(c);
      Reference.reachabilityFence(this);
    }
    jobs.give(job);
  }

  /**
   * Name of the register tile that products of {@code rows} rows run on, as tuning files say it.
   */
  public String kernel(int rows) {
    return runtime.gemmPlan().choose(rows, weights.outFeatures(), weights.storage()).tile().name();
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
      for (int inFeatures : WarmUp.DEPTHS) {
        small.add(call(warmUp, rows, 3, inFeatures));
        small.add(call(warmUp, rows, 70, inFeatures));
        // From 256 columns on few rows have tiles of their own, as wide as what blocks leave over.
        for (int panels = 0; panels < 4; panels++) {
          int outFeatures = 256 + panels * PackedPanels.columns() + 3;
          small.add(call(warmUp, rows, outFeatures, inFeatures));
        }
      }
    }
    // One that goes on with sums in memory, which begin anew after each block of k.
    int depth = Math.min(runtime.gemmPlan().matrix().kc(), MOST_WARM_UP_DEPTH) + 76;
    return warmUp.run(
        WarmUp.all(small),
        WarmUp.all(
            List.of(
                call(warmUp, 1, 600, 600),
                call(warmUp, 16, 600, 600),
                call(warmUp, 110, 300, depth))));
  }

  private Runnable call(WarmUp warmUp, int rows, int outFeatures, int inFeatures) {
    Epilogue like = epilogue.hasBias() ? epilogue.bias(warmUp.values(1, outFeatures)) : epilogue;
    Gemm gemm = new Gemm(runtime, warmUp.weights(weights.storage(), outFeatures, inFeatures), like);
    Matrix a = warmUp.values(rows, inFeatures);
    Matrix c = warmUp.output(rows, outFeatures);
    return epilogue.hasResidual() ? () -> gemm.run(a, c, c) : () -> gemm.run(a, c);
  }
}
