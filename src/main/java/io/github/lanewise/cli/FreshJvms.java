package io.github.lanewise.cli;

import io.github.lanewise.op.MachineLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Starts JVMs like this one, one after the other, and compares what each kernel does in them: a JVM
 * that compiled a kernel badly stays slow for as long as it runs, and only a fresh one may show it.
 */
final class FreshJvms {
  /** Twenty times what it takes. */
  private static final long LONGEST_SECONDS = 120;

  private FreshJvms() {}

  /** What a kernel did in all JVMs. */
  record Spread(String name, double median, double slowest, int slowestJvm) {
    /** Of the median. */
    private static final double LEAST_SHARE = 0.9;

    /** Of the rates in JVM 1, 2 and so on. */
    static Spread of(String name, List<Double> rates) {
      List<Double> sorted = rates.stream().sorted().toList();
      double slowest = sorted.getFirst();
      double median = sorted.get(sorted.size() / 2);
      return new Spread(name, median, slowest, rates.indexOf(slowest) + 1);
    }

    double share() {
      return slowest / median;
    }

    boolean ok() {
      return share() >= LEAST_SHARE;
    }
  }

  /**
   * Starts {@code count} JVMs and reports.
   *
   * @return whether every kernel's slowest JVM is close to its median one
   * @throws IllegalStateException if a JVM fails; the message holds what it said
   */
  static boolean prove(int count, CommonOptions common) {
    if (!MachineLimits.hasHardwareFma()) {
      throw new IllegalStateException("this machine or JVM has no FMA instructions: see doctor");
    }
    FreshJvmsReport report = new FreshJvmsReport(common);
    report.begin(count);
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    try (ProgressBars.Bar bar = ProgressBars.start("JVMs")) {
      for (int jvm = 1; jvm <= count; jvm++) {
        Map<String, Double> one = run(jvm);
        report.jvm(jvm, one);
        one.forEach((name, rate) -> rates.computeIfAbsent(name, n -> new ArrayList<>()).add(rate));
        bar.advanced(jvm, count);
      }
    }
    List<Spread> spreads =
        rates.entrySet().stream().map(e -> Spread.of(e.getKey(), e.getValue())).toList();
    return report.end(count, spreads);
  }

  /** GFLOP/s of each kernel in one JVM; its number is its seed. */
  private static Map<String, Double> run(int number) {
    try {
      Path output = Files.createTempFile("lanewise-jvm", ".txt");
      try {
        Process jvm =
            new ProcessBuilder(JvmCommand.of(List.of(), FreshJvm.class, Integer.toString(number)))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = jvm.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
          jvm.destroyForcibly().waitFor();
        }
        String text = Files.readString(output);
        if (!ended || jvm.exitValue() != 0) {
          throw failure(number, ended ? "failed" : "took over " + LONGEST_SECONDS + " s", text);
        }
        return rates(text);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException failed) {
      throw failure(number, "could not be started", String.valueOf(failed.getMessage()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw failure(number, "was interrupted", "");
    }
  }

  /** Lines of a number and a name; the JVM's own warnings are no such lines. */
  private static Map<String, Double> rates(String text) {
    Map<String, Double> rates = new TreeMap<>();
    for (String line : text.lines().toList()) {
      int space = line.indexOf(' ');
      if (line.matches("[0-9][0-9.E-]* .*")) {
        rates.put(line.substring(space + 1), Double.valueOf(line.substring(0, space)));
      }
    }
    return rates;
  }

  private static IllegalStateException failure(int number, String what, String output) {
    return new IllegalStateException(
        "JVM " + number + " " + what + (output.isBlank() ? "" : ": " + output.strip()));
  }
}
