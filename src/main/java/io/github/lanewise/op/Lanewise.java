package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.kernel.gemm.PlainTile;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.ClassHierarchy;
import io.github.lanewise.simd.JitDirectives;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.tuning.Tuning;
import io.github.lanewise.tuning.TuningException;

/**
 * The runtime: the worker team that prepared operations run on, and their tuning. Make one, share
 * it between any number of threads, close it at the end.
 */
public final class Lanewise implements AutoCloseable {
  private final WorkerTeam team;
  private final Tuning tuning;
  private final GemmPlan gemmPlan;

  private Lanewise(int threads, Tuning tuning) {
    this.tuning = tuning;
    gemmPlan = GemmPlans.of(tuning);
    JitDirectives.install();
    ClassHierarchy.settle();
    team = new WorkerTeam(threads);
  }

  /**
   * A runtime with as many threads as there are available processors.
   *
   * @throws TuningException if the tuning file that {@link Tuning#find()} meets cannot be used
   */
  public static Lanewise create() {
    return create(Runtime.getRuntime().availableProcessors());
  }

  /**
   * A runtime whose operations use up to {@code threads} threads, the calling one included. More
   * threads than available processors are allowed, never useful, and do not spin.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   * @throws TuningException if the tuning file that {@link Tuning#find()} meets cannot be used
   */
  public static Lanewise create(int threads) {
    return create(threads, Tuning.find());
  }

  /**
   * Has the next products of this JVM computed by plain loops until so many multiply-adds are done,
   * or {@code warmUp()} of an operation is called: the same bits, far slower than a kernel that
   * runs compiled, and faster than one on its way there (a first pass of 8 tokens through MiniLM on
   * Zen 3: 0.14 instead of 0.65 s). Products of a few rows by 16-bit weights stay as they are.
   * Plain loops allocate arrays.
   *
   * <p>For a process that is to give a single answer soon after its start, such as a command line.
   * A server calls {@code warmUp()} of its operations instead, and waits.
   *
   * @param multiplyAdds 0 to end it
   * @throws IllegalArgumentException if it is negative
   */
  public static void startPlainly(int multiplyAdds) {
    PlainTile.start(Checks.notNegative("multiplyAdds", multiplyAdds));
  }

  /**
   * A runtime with kernels and block sizes of one's own choice, which change its speed and not one
   * bit of its results.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   * @throws TuningException if the tuning is for other vectors than this JVM's, or names a kernel
   *     that there is not
   */
  public static Lanewise create(int threads, Tuning tuning) {
    if (tuning.vectorBits() != Simd.BITS) {
      throw new TuningException(
          tuning.source(),
          "vectorBits is " + tuning.vectorBits() + ", must be " + Simd.BITS + " as in this JVM");
    }
    return new Lanewise(threads, tuning);
  }

  /** Threads that one call uses at most, the calling one included. */
  public int threads() {
    return team.threads();
  }

  /** Which kernels and block sizes operations use, and where that comes from. */
  public Tuning tuning() {
    return tuning;
  }

  /** The kernels and blocks of products. */
  GemmPlan gemmPlan() {
    return gemmPlan;
  }

  WorkerTeam team() {
    return team;
  }

  /**
   * Waits for running calls and stops the workers. Operations prepared on this runtime then refuse
   * to run.
   */
  @Override
  public void close() {
    team.close();
  }
}
