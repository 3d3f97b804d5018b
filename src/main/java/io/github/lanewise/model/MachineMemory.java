package io.github.lanewise.model;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How much memory the machine, or the container around us, has left. */
final class MachineMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");

  private MachineMemory() {}

  static long availableBytes() {
    OperatingSystemMXBean machine =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    // The total is that of the container, where there is one.
    long total = machine.getTotalMemorySize();
    if (Files.isReadable(MEMINFO)) {
      return Math.min(total, memAvailable(machine.getFreeMemorySize()));
    }
    // macOS counts file cache as used: only the total means something there.
    boolean mac = machine.getName().startsWith("Mac");
    return mac ? total : machine.getFreeMemorySize();
  }

  /** The kernel's estimate, file cache that it can drop included. */
  private static long memAvailable(long otherwise) {
    try (Stream<String> lines = Files.lines(MEMINFO)) {
      return lines
          .filter(line -> line.startsWith("MemAvailable:"))
          .map(line -> line.replaceAll("[^0-9]", ""))
          .mapToLong(kib -> Long.parseLong(kib) * 1024)
          .findFirst()
          .orElse(otherwise);
    } catch (IOException | NumberFormatException unreadable) {
      return otherwise;
    }
  }
}
