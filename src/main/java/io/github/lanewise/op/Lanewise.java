package io.github.lanewise.op;

import io.github.lanewise.kernel.gemm.GemmPlan;
import io.github.lanewise.parallel.WorkerTeam;
import io.github.lanewise.simd.ClassHierarchy;
import io.github.lanewise.simd.JitDirectives;

/**
 * The runtime: the worker team that prepared operations run on. Make one, share it between any
 * number of threads, close it at the end.
 */
public final class Lanewise implements AutoCloseable {
  private final WorkerTeam team;
  private final GemmPlan gemmPlan = GemmPlan.defaults();

  private Lanewise(int threads) {
    JitDirectives.install();
    ClassHierarchy.settle();
    team = new WorkerTeam(threads);
  }

  /** A runtime with as many threads as there are available processors. */
  public static Lanewise create() {
    return create(Runtime.getRuntime().availableProcessors());
  }

  /**
   * A runtime whose operations use up to {@code threads} threads, the calling one included. More
   * threads than available processors are allowed, never useful, and do not spin.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public static Lanewise create(int threads) {
    return new Lanewise(threads);
  }

  /** Threads that one call uses at most, the calling one included. */
  public int threads() {
    return team.threads();
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
