package io.github.lanewise.cli;

import io.github.lanewise.tuning.Machine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the operating system tells about the machine and this process; empty where it does not. */
final class MachineInfo {
  private static final Path STATUS = Path.of("/proc/self/status");

  private MachineInfo() {}

  /** The CPU's name, or at least its architecture. */
  static String cpu() {
    return Machine.here().cpu();
  }

  /** "25.0.3+9-LTS, Eclipse Adoptium, OpenJDK 64-Bit Server VM". */
  static String jdk() {
    return Runtime.version()
        + ", "
        + System.getProperty("java.vendor")
        + ", "
        + System.getProperty("java.vm.name");
  }

  /**
   * The flags that change what a JVM can do, as the launcher takes them: empty, or
   * "LANEWISE_JAVA_OPTS='-XX:UseAVX=2' ".
   */
  static String jvmOptions() {
    String flags =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> flag.startsWith("-XX:") && !LauncherFlags.contains(flag))
            .collect(Collectors.joining(" "));
    return flags.isEmpty() ? "" : "LANEWISE_JAVA_OPTS='" + flags + "' ";
  }

  /** Data caches, the smallest first. */
  static List<Machine.Cache> caches() {
    return Machine.here().caches();
  }

  /**
   * The most memory that this process has held so far, JVM included; {@code otherwise} if unknown.
   */
  static long peakBytes(long otherwise) {
    return statusBytes("VmHWM", otherwise);
  }

  /** The memory that this process holds now, JVM included; {@code otherwise} if unknown. */
  static long residentBytes(long otherwise) {
    return statusBytes("VmRSS", otherwise);
  }

  private static long statusBytes(String key, long otherwise) {
    String kib = valueOf(STATUS, key, "").replaceAll("[^0-9]", "");
    return kib.isEmpty() ? otherwise : Long.parseLong(kib) * 1024;
  }

  /** The value of the first line "key : value". */
  private static String valueOf(Path file, String key, String otherwise) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(key.toLowerCase(Locale.ROOT)))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(otherwise);
    } catch (IOException unreadable) {
      return otherwise;
    }
  }
}
