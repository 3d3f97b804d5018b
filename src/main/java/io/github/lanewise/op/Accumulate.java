package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.simd.RowMath;

/**
 * Adds to every element: {@code sum += x}, rounded once. For a residual stream whose addend is not
 * a product as it comes; for those the {@link Epilogue} of a {@link Gemm} adds without another
 * pass.
 *
 * <p>Bits do not depend on the number of threads. Safe for use by several threads at once; a run
 * allocates nothing on the heap.
 */
public final class Accumulate {
  private final RowOperation rows;

  private Accumulate(Lanewise runtime) {
    rows = RowOperation.ofElements(runtime, (x, sum, n) -> RowMath.add(sum, x, sum, n));
  }

  /** Prepares the sum for matrices of any shape. */
  public static Accumulate prepare(Lanewise runtime) {
    return new Accumulate(runtime);
  }

  /**
   * Adds {@code x [m, n]} to {@code sum [m, n]}, which must not overlap in part.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or the matrices overlap in
   *     part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix sum) {
    Checks.input("x", x, x.columns());
    Checks.output("sum", sum, x.rows(), x.columns());
    Checks.sameOrDisjoint("sum", sum, "x", x);
    rows.run(x, sum);
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
