package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * Softmax of every row of scores {@code s = scale · x + mask}: {@code out = e^(s - max) / Σ e^(s -
 * max)}, or its logarithm.
 *
 * <p>Accuracy, u = 2⁻²⁴, L the floats in a vector: a weight's relative error is at most (1024/L +
 * 16)·u whatever n is, plus the effect of rounding s - max, 2u·|s - max|, and with a mask that of
 * rounding s, 2u·max|s|; weights below 2⁻¹²⁶ of the largest count as 0. A logarithm's absolute
 * error is at most (1024/L + 16)·u + 4u·|logarithm| more than that rounding.
 *
 * <p>A score of -Infinity is hidden: weight 0, logarithm -Infinity. A row of nothing else gives
 * zeros (-Infinity). A mask of -Infinity hides whatever x is, NaN included; -Float.MAX_VALUE is a
 * number like others. Elsewhere a score of NaN or +Infinity makes its row NaN.
 *
 * <p>A row's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class Softmax {
  /** What is computed of a row. */
  public enum Form {
    /** The weights, which add up to 1. */
    WEIGHTS,
    /** Their natural logarithms, accurate where the weights themselves would underflow. */
    LOGARITHMS
  }

  private final Lanewise runtime;
  private final Pool<SoftmaxJob> jobs;

  private Softmax(Lanewise runtime, float scale, Form form) {
    this.runtime = runtime;
    jobs = new Pool<>(() -> new SoftmaxJob(scale, form == Form.LOGARITHMS));
  }

  /** Prepares softmax of rows of any length, not scaled. */
  public static Softmax prepare(Lanewise runtime) {
    return prepare(runtime, 1f, Form.WEIGHTS);
  }

  /**
   * Prepares softmax, or its logarithm, of rows of any length.
   *
   * @param scale what x is multiplied by, finite; may be negative
   * @throws IllegalArgumentException if scale is NaN or infinite
   */
  public static Softmax prepare(Lanewise runtime, float scale, Form form) {
    if (!Float.isFinite(scale)) {
      throw new IllegalArgumentException("scale is " + scale + ", must be finite");
    }
    return new Softmax(runtime, scale, form);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]}; out may be x.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong, or the matrices overlap in
   *     part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix out) {
    check(x, out);
    execute(x, null, null, out);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]} plus a mask; out may be x.
   *
   * @param mask {@code [m, n]}, or {@code [1, n]} for all rows: added to the scaled x; must not
   *     overlap out
   * @throws IllegalArgumentException if a shape or alignment is wrong, or matrices overlap
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, Matrix mask, Matrix out) {
    check(x, out);
    if (mask.rows() != 1 && mask.rows() != x.rows()) {
      throw new IllegalArgumentException(
          "mask has " + mask.rows() + " rows, must have 1 or those of x, " + x.rows());
    }
    Checks.input("mask", mask, x.columns());
    Checks.disjoint("out", out, "mask", mask);
    execute(x, mask, null, out);
  }

  /**
   * Computes {@code out [m, n]} from {@code x [m, n]}, of row i only the first {@code lengths[i]}
   * elements: the bits of a row of that length, the rest hidden and not read. A causal mask is
   * {@code lengths[i] = min(n, i + 1 + n - m)}. Out may be x.
   *
   * @param lengths one a row, 0 to n; copied
   * @throws IllegalArgumentException if a shape, length or alignment is wrong, or the matrices
   *     overlap in part
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, int[] lengths, Matrix out) {
    check(x, out);
    if (lengths.length != x.rows()) {
      throw new IllegalArgumentException(
          "lengths has length " + lengths.length + ", must be the number of rows, " + x.rows());
    }
    execute(x, null, lengths, out);
  }

  private static void check(Matrix x, Matrix out) {
    Checks.input("x", x, x.columns());
    Checks.output("out", out, x.rows(), x.columns());
    Checks.sameOrDisjoint("out", out, "x", x);
  }

  private void execute(Matrix x, @Nullable Matrix mask, int @Nullable [] lengths, Matrix out) {
    SoftmaxJob job = jobs.take();
    job.run(runtime, x, mask, lengths, out);
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
    return WarmUp.rows(1, length -> this::run)
        && WarmUp.rows(1, this::masked)
        && WarmUp.rows(1, this::shortened);
  }

  /** A mask for all rows, and one for each. */
  private WarmUp.RowOp masked(int length) {
    Matrix forAll = Matrix.allocate(Arena.ofAuto(), 1, length);
    return (x, out) -> {
      run(x, forAll, out);
      run(x, x, out);
    };
  }

  /** Rows of no, half and full length. */
  private WarmUp.RowOp shortened(int length) {
    int[] three = {0, (length + 1) / 2, length};
    int[] four = {0, length / 3, (length + 1) / 2, length};
    return (x, out) -> run(x, x.rows() == 3 ? three : four, out);
  }
}
