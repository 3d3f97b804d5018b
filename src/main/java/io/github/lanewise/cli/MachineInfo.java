package io.github.lanewise.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What the operating system tells about the machine and this process; empty where it does not. */
final class MachineInfo {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  private static final Path STATUS = Path.of("/proc/self/status");

  private MachineInfo() {}

  /** One cache of the first processor. */
  record Cache(String name, long bytes) {}

  /** The CPU's name, or at least its architecture. */
  static String cpu() {
    String architecture = System.getProperty("os.arch", "unknown");
    String windows = System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", architecture);
    return valueOf(CPU_INFO, "model name", windows);
  }

  /** "25.0.3+9-LTS, Eclipse Adoptium, OpenJDK 64-Bit Server VM". */
  static String jdk() {
    return Runtime.version()
        + ", "
        + System.getProperty("java.vendor")
        + ", "
        + System.getProperty("java.vm.name");
  }

  /** Data caches, the smallest first. */
  static List<Cache> caches() {
    List<Cache> caches = new ArrayList<>();
    try (DirectoryStream<Path> indices = Files.newDirectoryStream(CACHES, "index*")) {
      List<Path> sorted = new ArrayList<>();
      indices.forEach(sorted::add);
      Collections.sort(sorted);
      for (Path index : sorted) {
        String type = Files.readString(index.resolve("type")).strip();
        if (!type.equals("Instruction")) {
          String level = Files.readString(index.resolve("level")).strip();
          String size = Files.readString(index.resolve("size")).strip();
          caches.add(new Cache("L" + level + (type.equals("Data") ? "d" : ""), bytes(size)));
        }
      }
    } catch (IOException | NumberFormatException unknown) {
      return List.copyOf(caches);
    }
    return List.copyOf(caches);
  }

  /**
   * The most memory that this process has held so far, JVM included; {@code otherwise} if unknown.
   */
  static long peakBytes(long otherwise) {
    String kib = valueOf(STATUS, "VmHWM", "").replaceAll("[^0-9]", "");
    return kib.isEmpty() ? otherwise : Long.parseLong(kib) * 1024;
  }

  private static long bytes(String size) {
    String digits = size.replaceAll("[^0-9]", "");
    long unit = size.endsWith("K") ? 1 << 10 : size.endsWith("M") ? 1 << 20 : 1;
    return Long.parseLong(digits) * unit;
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
