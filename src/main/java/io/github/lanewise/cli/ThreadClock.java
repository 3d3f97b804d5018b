package io.github.lanewise.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Time that the current thread has spent on a processor: what other programs take does not count.
 * Wall-clock time where the JVM does not tell, and on Windows, whose counter ticks too slowly.
 */
final class ThreadClock {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static final boolean USABLE =
      THREADS.isCurrentThreadCpuTimeSupported()
          && THREADS.isThreadCpuTimeEnabled()
          && !System.getProperty("os.name").startsWith("Windows");

  private ThreadClock() {}

  /** Nanoseconds since some moment. */
  static long nanos() {
    return USABLE ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }
}
