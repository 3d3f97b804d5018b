package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;

/**
 * An {@link Activation} of every element.
 *
 * <p>An element's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class Activate {
  private final RowOperation rows;

  private Activate(Lanewise runtime, Activation activation) {
    rows = RowOperation.ofElements(runtime, activation::row);
  }

  /** Prepares {@code activation} for matrices of any shape. */
  public static Activate prepare(Lanewise runtime, Activation activation) {
    return new Activate(runtime, activation);
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
