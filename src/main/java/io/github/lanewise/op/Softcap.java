package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;

/**
 * Bounds every element: {@code c·tanh(x / c)}, between -c and c. What Gemma 2 does with its logits;
 * for scores see {@link AttentionSpec#softcap}.
 *
 * <p>Error at most 12u relative, u = 2⁻²⁴, plus 1e-37·max(1, c) absolute. An element's bits do not
 * depend on its neighbours or on the number of threads. Safe for use by several threads at once; a
 * run allocates nothing on the heap.
 */
public final class Softcap {
  private final RowOperation rows;

  private Softcap(Lanewise runtime, float cap) {
    rows =
        RowOperation.ofElements(
            runtime,
            (x, out, n) -> io.github.lanewise.kernel.activation.Softcap.row(cap, x, out, n));
  }

  /**
   * Prepares the bound for matrices of any shape.
   *
   * @param cap c, from 1e-6 to 1e6
   * @throws IllegalArgumentException if it is not
   */
  public static Softcap prepare(Lanewise runtime, float cap) {
    if (!(cap >= 1e-6f && cap <= 1e6f)) {
      throw new IllegalArgumentException("cap is " + cap + ", must be a number from 1e-6 to 1e6");
    }
    return new Softcap(runtime, cap);
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

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    return WarmUp.rows(1, length -> this::run);
  }
}
