package io.github.lanewise.tuning;

import java.util.List;

/**
 * Where a tuning file comes from, for people and for the choice among shipped files.
 *
 * @param cpu the CPU's name
 * @param arch its architecture, as {@code os.arch}
 * @param jdk the JDK's version
 * @param threads threads of the measurements
 * @param date day of the measurements, ISO 8601
 * @param command what made it
 * @param measured what it gained
 */
public record Provenance(
    String cpu,
    String arch,
    String jdk,
    int threads,
    String date,
    String command,
    List<Measured> measured) {
  /** Keeps a copy of the list. */
  public Provenance {
    measured = List.copyOf(measured);
  }

  /**
   * One product, in fresh JVMs.
   *
   * @param shape MxNxK
   * @param gflops its rate with the file
   * @param defaultGflops its rate with the defaults, at the same time
   */
  public record Measured(String shape, double gflops, double defaultGflops) {}
}
