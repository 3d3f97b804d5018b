package io.github.lanewise.op;

import io.github.lanewise.kernel.norm.NormKernel;
import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;

/**
 * RMSNorm of every row (Zhang and Sennrich 2019), or of every head of every row: {@code x /
 * √(mean(x²) + epsilon) · gamma}.
 *
 * <p>Squares are summed in f32, or in double where f32 cannot hold them: elements may be up to 1e37
 * in size, and with an epsilon of 0 the root of their mean square must be above 1e-37.
 *
 * <p>A row's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class RmsNorm {
  private final Matrix gamma;
  private final RowOperation rows;
  private final Lanewise runtime;
  private final float epsilon;
  private final int heads;

  private RmsNorm(Lanewise runtime, Matrix gamma, float epsilon, int heads) {
    this.gamma = gamma;
    this.runtime = runtime;
    this.epsilon = epsilon;
    this.heads = heads;
    rows = RowOperation.ofRows(runtime, heads == 1 ? this::normRows : this::normHeads);
  }

  private void normRows(long x, long ldx, long out, long ldo, int count, int n) {
    NormKernel.rmsNorm(x, ldx, gamma.address(), out, ldo, count, n, epsilon);
  }

  private void normHeads(long x, long ldx, long out, long ldo, int count, int n) {
    int headDim = n / heads;
    long headBytes = (long) headDim * Float.BYTES;
    for (int row = 0; row < count; row++) {
      long from = x + row * ldx;
      long to = out + row * ldo;
      NormKernel.rmsNorm(from, headBytes, gamma.address(), to, headBytes, heads, headDim, epsilon);
    }
  }

  /**
   * Prepares the norm of rows of {@code gamma.columns()} elements.
   *
   * @param gamma {@code [1, n]}, viewed, not copied
   * @param epsilon added to the mean square; not negative
   */
  public static RmsNorm prepare(Lanewise runtime, Matrix gamma, float epsilon) {
    Checks.vector("gamma", gamma, gamma.columns());
    Checks.epsilon(epsilon);
    return new RmsNorm(runtime, gamma, epsilon, 1);
  }

  /**
   * Prepares the norm of each of {@code numHeads} heads that lie beside each other in a row, {@code
   * gamma.columns()} elements each: what normalises queries and keys in Gemma 3 and Qwen 3.
   *
   * @param gamma {@code [1, headDim]}, the same for all heads; viewed, not copied
   * @param epsilon added to the mean square; not negative
   */
  public static RmsNorm prepareHeads(Lanewise runtime, int numHeads, Matrix gamma, float epsilon) {
    Checks.positive("numHeads", numHeads);
    Checks.vector("gamma", gamma, gamma.columns());
    Checks.epsilon(epsilon);
    Checks.atMost("numHeads * headDim", (long) numHeads * gamma.columns(), Matrix.MAX_SIZE);
    return new RmsNorm(runtime, gamma, epsilon, numHeads);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]}, n the elements of gamma times the heads; out
   * may be x.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or the matrices overlap in
   *     part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix out) {
    Checks.input("x", x, heads * gamma.columns());
    Checks.output("out", out, x.rows(), x.columns());
    Checks.sameOrDisjoint("out", out, "x", x);
    Checks.vector("gamma", gamma, gamma.columns());
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
    return WarmUp.rows(1, length -> ofLength(heads == 1 || length % 2 != 0 ? 1 : 2, length)::run);
  }

  private RmsNorm ofLength(int itsHeads, int length) {
    Matrix ones = Matrix.allocate(Arena.ofAuto(), 1, length / itsHeads);
    ones.fill(1);
    return new RmsNorm(runtime, ones, epsilon, itsHeads);
  }
}
