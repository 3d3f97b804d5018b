package io.github.lanewise.cli;

import java.time.Duration;

/**
 * A kernel, the work of one call, and the share of the machine's limit that it must reach: about a
 * third of what it usually does. A kernel on the compiler's cliff falls far below.
 *
 * @param name operation and shape
 * @param flops floating point operations of a call; for row operations, of the usual formula
 * @param bytes bytes that a call must read from memory; 0 if arithmetic limits it
 * @param expected share of the limit
 * @param warmUp has the kernel compiled
 * @param call the kernel
 */
record KernelCheck(
    String name, double flops, double bytes, double expected, Runnable warmUp, Runnable call) {
  /** Calls that all stay within this of the best end the measurement. */
  private static final double GAIN = 0.98;

  private static final int PATIENCE = 10;

  /**
   * A verdict of "on the cliff" must not come from a busy compiler: it gets this much more time.
   */
  private static final int SECOND_LOOK = 8;

  /**
   * What a kernel did.
   *
   * @param gigabytesPerSecond 0 unless memory limits it
   * @param share of the limit
   */
  record Result(
      String name,
      double gflops,
      double gigabytesPerSecond,
      double share,
      double expected,
      boolean memoryBound) {
    /** Not on the cliff. */
    boolean ok() {
      return share >= expected;
    }

    /** The same rate as a share of other limits. */
    Result against(DoctorCommand.Limits limits) {
      double limitShare =
          memoryBound ? gigabytesPerSecond / limits.readGBs() : gflops / limits.gflops();
      return new Result(name, gflops, gigabytesPerSecond, limitShare, expected, memoryBound);
    }
  }

  /** The fastest of many calls. */
  Result measure(DoctorCommand.Limits limits, Duration budget) {
    warmUp.run();
    long start = System.nanoTime();
    long best = Long.MAX_VALUE;
    int withoutGain = 0;
    while (true) {
      long before = System.nanoTime();
      call.run();
      long now = System.nanoTime();
      withoutGain = now - before < GAIN * best ? 0 : withoutGain + 1;
      best = Math.min(best, now - before);
      boolean fast = result(best, limits).ok();
      long patience = budget.toNanos() * (fast ? 1 : SECOND_LOOK);
      if (now - start >= patience
          || (fast && withoutGain >= PATIENCE && now - start >= patience / 2)) {
        return result(best, limits);
      }
    }
  }

  /** GFLOP/s of as many calls as fill about {@code nanos}, one at least. */
  double rate(long nanos) {
    long start = ThreadClock.nanos();
    long elapsed;
    int calls = 0;
    do {
      call.run();
      calls++;
      elapsed = ThreadClock.nanos() - start;
    } while (elapsed < nanos);
    return flops * calls / elapsed;
  }

  private Result result(long nanos, DoctorCommand.Limits limits) {
    return new Result(name, flops / nanos, bytes / nanos, 0, expected, bytes > 0).against(limits);
  }
}
