package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.PlainTile;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.CompilerWatch;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Runs an operation on small data until the JVM runs it compiled: what {@code warmUp()} of every
 * operation does.
 *
 * <p>Compiled code belongs to the JVM, not to an object or a thread, so an operation like the
 * caller's, on memory of its own, serves as well as the caller's. What must be like it is every
 * path: a branch that was never taken is left out of the compiled code, and the first call to take
 * it would fall back to the interpreter. So the data come in shapes around every edge, the small
 * ones first, since a large one takes long while it is being interpreted.
 */
final class WarmUp {
  /** Rows of small products: every height of a tile, alone and after others. */
  static final int[] ROW_COUNTS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17};

  /** Lengths of their sums: odd and even, fewer than the steps that a tile writes out and more. */
  static final int[] DEPTHS = {1, 7, 8};

  /** Positions to rotate at. */
  static final int POSITIONS = 48;

  /** HotSpot compiles with C2 whatever was called 5,000 times (Tier4InvocationThreshold). */
  private static final int ROUNDS = 6_000;

  /** Enough for a stage of large shapes, whose loops count too. */
  private static final long STAGE_NANOS = 50_000_000;

  /** Calm rounds in a row that end a stage. */
  private static final int CALM_ROUNDS = 100;

  /** In a JVM that does not tell what it allocates, being no faster than before is all there is. */
  private static final int CALM_ROUNDS_UNWATCHED = 3_000;

  private static final double GAIN = 0.9;

  /**
   * Ten times what it takes, in processor time. An interpreter, or a kernel on the cliff, never
   * gets there.
   */
  private static final long LIMIT_NANOS = 10_000_000_000L;

  /**
   * Collected, not closed: closing a shared arena makes HotSpot deoptimise whatever other threads
   * are running on memory segments at that moment, kernels of the same runtime included.
   */
  private final Arena arena = Arena.ofAuto();

  private final long start = CompilerWatch.cpuNanos();

  /**
   * Runs each stage over and over until it is compiled.
   *
   * @param stages what to run; calls in ever larger shapes
   * @return whether all of them came to run compiled within the limit
   */
  boolean run(Runnable... stages) {
    PlainTile.start(0); // or what is to be compiled would not run
    for (Runnable stage : stages) {
      if (!repeat(stage)) {
        return false;
      }
    }
    return true;
  }

  private boolean repeat(Runnable stage) {
    long began = CompilerWatch.cpuNanos();
    long now = began;
    long best = Long.MAX_VALUE;
    int calm = 0;
    for (int rounds = 1; now - start < LIMIT_NANOS; rounds++) {
      long allocated = CompilerWatch.allocatedBytes();
      stage.run();
      long after = CompilerWatch.allocatedBytes();
      long nanos = CompilerWatch.cpuNanos() - now;
      now += nanos;
      boolean isCalm = allocated < 0 ? nanos > GAIN * best : after == allocated;
      calm = isCalm ? calm + 1 : 0;
      best = Math.min(best, nanos);
      if (calm >= (allocated < 0 ? CALM_ROUNDS_UNWATCHED : CALM_ROUNDS)
          && (rounds >= ROUNDS || now - began >= STAGE_NANOS)) {
        if (!CompilerWatch.isCompiling()) {
          return true;
        }
        calm = 0;
      }
    }
    return false;
  }

  /** A matrix of values in [-8, 8] that no two neighbours share. */
  Matrix values(int rows, int columns) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        matrix.set(r, c, (r * 31 + c * 17) % 65 / 4f - 8);
      }
    }
    return matrix;
  }

  /** A mask of zeros and ones. */
  ByteMatrix mask(int rows, int columns) {
    ByteMatrix mask = ByteMatrix.allocate(arena, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        mask.set(r, c, (byte) ((r * 31 + c * 17) % 5 == 0 ? 0 : 1));
      }
    }
    return mask;
  }

  /** The same, stored as 16-bit numbers. */
  HalfMatrix halfValues(Storage storage, int rows, int columns) {
    HalfMatrix matrix = HalfMatrix.allocate(arena, storage, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        matrix.set(r, c, (r * 31 + c * 17) % 65 / 4f - 8);
      }
    }
    return matrix;
  }

  /** A matrix to write to. */
  Matrix output(int rows, int columns) {
    return Matrix.allocate(arena, rows, columns);
  }

  /** Weights of {@link #values}. */
  PackedWeights weights(Storage storage, int outFeatures, int inFeatures) {
    return PackedWeights.pack(arena, storage, values(outFeatures, inFeatures));
  }

  /** Runs calls one after the other; an array, since an iterator would be an allocation. */
  static Runnable all(List<Runnable> calls) {
    Runnable[] inOrder = calls.toArray(new Runnable[0]);
    return () -> {
      for (Runnable call : inOrder) {
        call.run();
      }
    };
  }

  /** An operation on the rows of a matrix. */
  @FunctionalInterface
  interface RowOp {
    void run(Matrix x, Matrix out);
  }

  /**
   * Warms up an operation on rows: long and short ones together, since C2 compiles a loop for the
   * number of rounds that it has seen.
   *
   * @param widths columns of the input for each of the output
   * @param operation the operation for rows of a given number of output columns
   */
  static boolean rows(int widths, IntFunction<RowOp> operation) {
    WarmUp warmUp = new WarmUp();
    return warmUp.run(
        warmUp.rows(widths, operation, 3, 4096, 1100, 768, 300, 129, 70, 64, 19, 16, 5, 1),
        warmUp.rows(widths, operation, 4, 16, 1100, 20_000));
  }

  private Runnable rows(int widths, IntFunction<RowOp> operation, int rows, int... lengths) {
    List<Runnable> calls = new ArrayList<>();
    for (int length : lengths) {
      RowOp op = operation.apply(length);
      Matrix x = values(rows, widths * length);
      // A row with everything masked takes a path of its own in a softmax.
      x.rowRange(1, 1).fill(Float.NEGATIVE_INFINITY);
      // And so does one of padding in a norm.
      x.rowRange(2, 1).fill(0);
      Matrix out = output(rows, length);
      calls.add(() -> op.run(x, out));
    }
    return all(calls);
  }
}
