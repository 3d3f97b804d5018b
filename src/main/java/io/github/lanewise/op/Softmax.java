package io.github.lanewise.op;

import io.github.lanewise.kernel.softmax.SoftmaxKernel;
import io.github.lanewise.memory.Matrix;

/**
 * Softmax of every row: {@code out = e^(x - max) / Σ e^(x - max)}. Relative error at most (1024/L +
 * 16)·u for vectors of L floats, u = 2⁻²⁴, whatever n is, plus the effect of rounding x - max,
 * 2u·|x - max|; weights below 2⁻¹²⁶ of the largest count as 0. A row of nothing but -Infinity gives
 * zeros; NaN or +Infinity in a row makes it NaN.
 *
 * <p>A row's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class Softmax {
  private final RowOperation rows;

  private Softmax(Lanewise runtime) {
    rows = new RowOperation(runtime, SoftmaxKernel::row);
  }

  /** Prepares softmax of rows of any length. */
  public static Softmax prepare(Lanewise runtime) {
    return new Softmax(runtime);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]}; out may be x.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or the matrices overlap in
   *     part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix out) {
    Checks.input("x", x, x.columns());
    Checks.output("out", out, x.rows(), x.columns());
    Checks.sameOrDisjoint("out", out, "x", x);
    rows.run(x, out);
  }
}
