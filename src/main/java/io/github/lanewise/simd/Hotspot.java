package io.github.lanewise.simd;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import javax.management.ObjectName;

/**
 * HotSpot's management interface. Only {@link JitDirectives} and {@link CompilerWatch} may touch
 * it, and they catch what it throws: a JVM without the management modules fails to link this class
 * and nothing else.
 */
final class Hotspot {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Hotspot() {}

  /** Opens the management beans, if they are not yet. */
  static void open() {
    ManagementFactory.getPlatformMBeanServer();
  }

  /** Whether this JVM was started with a flag that begins so. */
  static boolean hasFlag(String start) {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .anyMatch(flag -> flag.startsWith(start));
  }

  /** What a diagnostic command answers. */
  static String command(String name, String argument) throws Exception {
    return invoke(
        name, new Object[] {new String[] {argument}}, new String[] {String[].class.getName()});
  }

  /** What a diagnostic command without parameters answers. */
  static String command(String name) throws Exception {
    return invoke(name, new Object[0], new String[0]);
  }

  private static String invoke(String name, Object[] arguments, String[] types) throws Exception {
    ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
    return String.valueOf(
        ManagementFactory.getPlatformMBeanServer().invoke(commands, name, arguments, types));
  }

  /** Processor time of the current thread so far; elapsed time if this JVM does not tell. */
  static long cpuNanos() {
    return THREADS.isCurrentThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled()
        ? THREADS.getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  /** Heap bytes that the current thread has allocated so far; -1 if this JVM does not count. */
  static long allocatedBytes() {
    return THREADS.isThreadAllocatedMemoryEnabled() ? THREADS.getCurrentThreadAllocatedBytes() : -1;
  }
}
