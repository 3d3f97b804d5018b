package io.github.lanewise.tuning;

import io.github.lanewise.simd.Simd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a tuning depends on, as this JVM and the operating system tell it.
 *
 * @param cpu the CPU's name, or at least its architecture
 * @param arch the architecture, as {@code os.arch}
 * @param vectorBits bits of a vector
 * @param caches data caches of the first processor, the smallest first; empty if unknown
 */
public record Machine(String cpu, String arch, int vectorBits, List<Cache> caches) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  private static final Machine HERE = read();

  /** Keeps a copy of the list. */
  public Machine {
    caches = List.copyOf(caches);
  }

  /**
   * One cache.
   *
   * @param level 1 is nearest to the processor
   * @param dataOnly whether instructions have a cache of their own
   * @param bytes its size
   */
  public record Cache(int level, boolean dataOnly, long bytes) {
    /** "L1d", "L2". */
    public String name() {
      return "L" + level + (dataOnly ? "d" : "");
    }
  }

  /** This one. */
  public static Machine here() {
    return HERE;
  }

  /** Whether there are 32 vector registers (AVX-512, NEON, SVE) and not 16 (AVX2, SSE). */
  public boolean has32Registers() {
    return Simd.has32Registers(vectorBits, arch);
  }

  /** Size of the cache of a level, or {@code otherwise} if unknown. */
  public long cacheBytes(int level, long otherwise) {
    return caches.stream()
        .filter(cache -> cache.level() == level)
        .mapToLong(Cache::bytes)
        .findFirst()
        .orElse(otherwise);
  }

  private static Machine read() {
    String arch = System.getProperty("os.arch", "unknown");
    String windows = System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", arch);
    return new Machine(modelName(windows), arch, Simd.BITS, readCaches());
  }

  private static String modelName(String otherwise) {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .filter(name -> !name.isEmpty())
          .findFirst()
          .orElse(otherwise);
    } catch (IOException | UncheckedIOException unreadable) {
      return otherwise;
    }
  }

  private static List<Cache> readCaches() {
    List<Cache> caches = new ArrayList<>();
    try (DirectoryStream<Path> indices = Files.newDirectoryStream(CACHES, "index*")) {
      List<Path> sorted = new ArrayList<>();
      indices.forEach(sorted::add);
      Collections.sort(sorted);
      for (Path index : sorted) {
        String type = Files.readString(index.resolve("type")).strip();
        if (!type.equals("Instruction")) {
          int level = Integer.parseInt(Files.readString(index.resolve("level")).strip());
          long bytes = bytes(Files.readString(index.resolve("size")).strip());
          caches.add(new Cache(level, type.equals("Data"), bytes));
        }
      }
    } catch (IOException | NumberFormatException unknown) {
      return caches;
    }
    return caches;
  }

  private static long bytes(String size) {
    String digits = size.replaceAll("[^0-9]", "");
    long unit = size.endsWith("K") ? 1 << 10 : size.endsWith("M") ? 1 << 20 : 1;
    return Long.parseLong(digits) * unit;
  }
}
