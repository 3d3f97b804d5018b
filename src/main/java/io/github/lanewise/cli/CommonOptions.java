package io.github.lanewise.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of every command; to be used as a {@link Mixin}. */
final class CommonOptions {
  private static final int MOST_THREADS = 1024;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to compute with. Default: one a processor.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--json",
      description = "One JSON object on standard output, everything else on standard error.")
  private boolean json;

  @SuppressWarnings("UnusedVariable") // picocli shows the help
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /** Made by picocli. */
  CommonOptions() {}

  /** Checked. */
  int threads() {
    between("--threads", threads, 1, MOST_THREADS, "");
    return threads;
  }

  boolean json() {
    return json;
  }

  PrintWriter out() {
    return command.commandLine().getOut();
  }

  PrintWriter err() {
    return command.commandLine().getErr();
  }

  /** Where text for people goes. */
  PrintWriter text() {
    return json ? err() : out();
  }

  /** Wrong usage unless {@code least <= value <= most}; {@code why} explains {@code most}. */
  void between(String option, int value, int least, int most, String why) {
    if (value < least || value > most) {
      throw wrongUsage(
          option
              + " is "
              + value
              + ", must be "
              + least
              + " to "
              + most
              + (why.isEmpty() ? "" : ", " + why));
    }
  }

  ParameterException wrongUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
