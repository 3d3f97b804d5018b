package io.github.lanewise.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Heap bytes that the current thread allocates. */
public final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /**
   * Bytes that a call allocates once it is compiled: the least over many calls, since a call during
   * warm-up boxes vectors.
   *
   * @param call what to measure; called up to {@code limit} times, until it allocates nothing
   */
  public static long ofCompiled(Runnable call, int limit) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < limit && least > 0; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      call.run();
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
