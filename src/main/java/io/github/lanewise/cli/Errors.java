package io.github.lanewise.cli;

import io.github.lanewise.tuning.TuningException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line on standard error, and an exit code. */
final class Errors {
  private static final String DEBUG_PROPERTY = "lanewise.debug";

  private Errors() {}

  /** Wrong usage: what is wrong, what was perhaps meant, and where help is. */
  static int usage(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    print(command, problem, name + ": " + describe(problem) + " ('" + name + " --help' helps)");
    return CommandLine.ExitCode.USAGE;
  }

  /** Anything else; a tuning file that the user named and that cannot be used is wrong usage. */
  static int failure(Exception problem, CommandLine command, ParseResult parsed) {
    String message = problem.getMessage();
    String text = message == null || message.isBlank() ? problem.toString() : message;
    print(command, problem, command.getCommandSpec().qualifiedName() + ": " + text);
    return problem instanceof TuningException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }

  private static String describe(ParameterException problem) {
    if (problem instanceof UnmatchedArgumentException unmatched) {
      List<String> similar = unmatched.getSuggestions();
      String first = unmatched.getUnmatched().getFirst();
      String kind = unmatched.isUnknownOption() ? "Unknown option " : "Unexpected argument ";
      return kind
          + "'"
          + first
          + "'"
          + (similar.isEmpty() ? "" : ", did you mean " + String.join(" or ", similar) + "?");
    }
    return String.valueOf(problem.getMessage());
  }

  private static void print(CommandLine command, Exception problem, String line) {
    command.getErr().println(line.replaceAll("\\R", " "));
    if (Boolean.getBoolean(DEBUG_PROPERTY)) {
      problem.printStackTrace(command.getErr());
    }
    command.getErr().flush();
  }
}
