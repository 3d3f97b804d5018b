package io.github.lanewise.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Heap bytes that the current thread allocates. */
public final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private Allocation() {}

  /**
   * Bytes that a call allocates once it is compiled: the least over many calls, since a call during
   * warm-up boxes vectors, and the compiler works in the background, as late as the machine's other
   * load makes it.
   *
   * @param call what to measure; called until it allocates nothing, or patience ends
   */
  public static long ofCompiled(Runnable call) {
    long least = Long.MAX_VALUE;
    long start = System.nanoTime();
    while (least > 0 && System.nanoTime() - start < PATIENCE_NANOS) {
      least = Math.min(least, ofCall(call));
    }
    return least;
  }

  /** Bytes that this one call allocates. */
  public static long ofCall(Runnable call) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    call.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
