package io.github.lanewise.op;

import io.github.lanewise.kernel.norm.NormKernel;
import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;

/**
 * LayerNorm of every row (Ba et al. 2016): {@code (x - mean) / √(variance + epsilon) · gamma +
 * beta}, mean and variance corrected for rounding: an offset of the row costs no accuracy.
 *
 * <p>Squares are summed in f32, or in double where f32 cannot hold them: elements may be up to 1e37
 * in size, and with an epsilon of 0 the standard deviation must be above 1e-37.
 *
 * <p>A row's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class LayerNorm {
  private final Matrix gamma;
  private final Matrix beta;
  private final RowOperation rows;
  private final Lanewise runtime;
  private final float epsilon;

  private LayerNorm(Lanewise runtime, Matrix gamma, Matrix beta, float epsilon) {
    this.gamma = gamma;
    this.beta = beta;
    this.runtime = runtime;
    this.epsilon = epsilon;
    rows =
        RowOperation.ofRows(
            runtime,
            (x, ldx, out, ldo, count, n) ->
                NormKernel.layerNorm(
                    x, ldx, gamma.address(), beta.address(), out, ldo, count, n, epsilon));
  }

  /**
   * Prepares the norm of rows of {@code gamma.columns()} elements.
   *
   * @param gamma {@code [1, n]}, viewed, not copied
   * @param beta {@code [1, n]}, viewed, not copied
   * @param epsilon added to the variance; not negative
   */
  public static LayerNorm prepare(Lanewise runtime, Matrix gamma, Matrix beta, float epsilon) {
    Checks.vector("gamma", gamma, gamma.columns());
    Checks.vector("beta", beta, gamma.columns());
    Checks.epsilon(epsilon);
    return new LayerNorm(runtime, gamma, beta, epsilon);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]}; out may be x.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or the matrices overlap in
   *     part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix out) {
    Checks.input("x", x, gamma.columns());
    Checks.output("out", out, x.rows(), x.columns());
    Checks.sameOrDisjoint("out", out, "x", x);
    Checks.vector("gamma", gamma, x.columns());
    Checks.vector("beta", beta, x.columns());
    rows.run(x, out);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    return WarmUp.rows(1, length -> ofLength(length)::run);
  }

  private LayerNorm ofLength(int length) {
    Matrix ones = Matrix.allocate(Arena.ofAuto(), 1, length);
    ones.fill(1);
    return new LayerNorm(runtime, ones, ones, epsilon);
  }
}
