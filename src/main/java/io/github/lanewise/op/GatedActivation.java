package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.simd.RowMath;

/**
 * A gated feed-forward's middle (Shazeer 2020, "GLU Variants"): {@code out = activation(gate) ·
 * up}, gate and up beside each other as one packed product leaves them. SwiGLU with {@link
 * Activation#SILU}. With {@link Activation#SIGMOID} the output gate of AlphaFold's attention: a
 * product writes the gate into the first columns, {@link Attention} its output into the others.
 *
 * <p>The activation's error plus one rounding. A row's bits do not depend on its neighbours or on
 * the number of threads. Safe for use by several threads at once; a run allocates nothing on the
 * heap.
 */
public final class GatedActivation {
  /** Floats handled at a time, so that the activated gate is still in L1 when it is multiplied. */
  private static final int CHUNK = 1024;

  private final RowOperation rows;

  private GatedActivation(RowOperation rows) {
    this.rows = rows;
  }

  /** Prepares the gate for matrices of any shape. */
  public static GatedActivation prepare(Lanewise runtime, Activation activation) {
    return new GatedActivation(
        RowOperation.ofRow(runtime, (x, out, n) -> row(activation, x, out, n)));
  }

  /**
   * Prepares a gate before a residual sum: {@code out += activation(gate) · up}, product and sum
   * rounded each. The gate's columns of {@code gateUp} are overwritten.
   */
  public static GatedActivation prepareResidual(Lanewise runtime, Activation activation) {
    return new GatedActivation(
        RowOperation.ofRow(runtime, (x, out, n) -> residualRow(activation, x, out, n)));
  }

  /**
   * Computes {@code out [m, f]} from {@code gateUp [m, 2f]}, whose first f columns are the gate;
   * they must not overlap.
   *
   * @throws IllegalArgumentException if a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix gateUp, Matrix out) {
    if (gateUp.columns() != 2L * out.columns()) {
      throw new IllegalArgumentException(
          "gateUp has "
              + gateUp.columns()
              + " columns, must have twice those of out, "
              + 2L * out.columns());
    }
    Checks.input("gateUp", gateUp, gateUp.columns());
    Checks.output("out", out, gateUp.rows(), out.columns());
    Checks.disjoint("out", out, "gateUp", gateUp);
    rows.run(gateUp, out);
  }

  private static void row(Activation activation, long gate, long out, int n) {
    long up = gate + (long) n * Float.BYTES;
    for (int i = 0; i < n; i += CHUNK) {
      int count = Math.min(CHUNK, n - i);
      long at = (long) i * Float.BYTES;
      activation.row(gate + at, out + at, count);
      RowMath.multiply(out + at, up + at, out + at, count);
    }
  }

  private static void residualRow(Activation activation, long gate, long out, int n) {
    long up = gate + (long) n * Float.BYTES;
    for (int i = 0; i < n; i += CHUNK) {
      int count = Math.min(CHUNK, n - i);
      long at = (long) i * Float.BYTES;
      activation.row(gate + at, gate + at, count);
      RowMath.multiply(gate + at, up + at, gate + at, count);
      RowMath.add(out + at, gate + at, out + at, count);
    }
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    return WarmUp.rows(2, length -> this::run);
  }
}
