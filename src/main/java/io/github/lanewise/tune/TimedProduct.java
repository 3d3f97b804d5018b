package io.github.lanewise.tune;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** A product on a runtime, ready to run. */
final class TimedProduct {
  /** A run that is not this much faster than the best is no gain. */
  private static final double GAIN = 0.95;

  private static final int PATIENT_RUNS = 100;
  private static final long PATIENT_NANOS = 100_000_000;

  /** Above anything that is interpreted, below anything that is compiled, in GFLOP/s. */
  private static final double COMPILED = 1;

  /** Gives up then: the compiler may be starved, or the kernel on its cliff. */
  private static final long MOST_WARM_UP_NANOS = 10_000_000_000L;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final boolean alone;
  private final double flops;
  private final Gemm gemm;
  private final Matrix a;
  private final Matrix c;

  TimedProduct(Lanewise runtime, ProductData data, int m, int n, int k) {
    alone = runtime.threads() == 1 && THREADS.isCurrentThreadCpuTimeSupported();
    flops = 2.0 * m * n * k;
    gemm = Gemm.prepare(runtime, data.weights(n, k));
    a = data.input(m, k);
    c = data.output(m, n);
  }

  /**
   * Runs once; nanoseconds. A runtime of one thread runs on the caller's, whose CPU time counts:
   * then other load takes away no more than caches and memory.
   */
  long run() {
    long start = now();
    gemm.run(a, c);
    return now() - start;
  }

  private long now() {
    return alone ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }

  /** The fastest of some runs: as many as fit into {@code nanos}, between the given numbers. */
  long best(long nanos, int least, int most) {
    long start = System.nanoTime();
    long best = Long.MAX_VALUE;
    int runs = 0;
    do {
      best = Math.min(best, run());
      runs++;
    } while (runs < least || (runs < most && System.nanoTime() - start < nanos));
    return best;
  }

  /**
   * Runs until that gets no faster: kernels are interpreted, thousands of times slower, until the
   * compiler has noticed them.
   */
  void warmUp() {
    long start = System.nanoTime();
    long lastGain = start;
    long best = Long.MAX_VALUE;
    int withoutGain = 0;
    long now = start;
    while (now - start < MOST_WARM_UP_NANOS
        && (withoutGain < PATIENT_RUNS
            || now - lastGain < PATIENT_NANOS
            || flops / best < COMPILED)) {
      long nanos = run();
      now = System.nanoTime();
      withoutGain++;
      if (nanos < GAIN * best) {
        withoutGain = 0;
        lastGain = now;
      }
      best = Math.min(best, nanos);
    }
  }
}
