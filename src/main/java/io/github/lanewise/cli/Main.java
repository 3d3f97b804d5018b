package io.github.lanewise.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code lanewise}. */
@Command(
    name = "lanewise",
    description = "Transformer attention on the CPU, in pure Java.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
      "'lanewise COMMAND --help' explains a command."
    })
public final class Main implements Runnable {
  /** In the order in which the help lists them. */
  static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("run", RunCommand.class);
    COMMANDS.put("embed", EmbedCommand.class);
    COMMANDS.put("inspect", InspectCommand.class);
    COMMANDS.put("bench", BenchCommand.class);
    COMMANDS.put("tune", TuneCommand.class);
    COMMANDS.put("doctor", DoctorCommand.class);
    COMMANDS.put("tune-probe", ProbeCommand.class);
  }

  /** What the JDK's own log prints, unless somebody configures another. */
  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  Main() {}

  /** Runs the command line and exits. */
  public static void main(String[] args) {
    if (System.getProperty(LOG_FORMAT) == null) {
      System.setProperty(LOG_FORMAT, "lanewise: %5$s%n"); // one line, as all other news
    }
    if (args.length > 0 && COMMANDS.containsKey(args[0])) {
      HeadStart.compilerDirectives();
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = execute(out, err, args);
    if (code == CommandLine.ExitCode.OK) {
      ClassArchive.keep();
    }
    System.exit(code);
  }

  /** Runs the command line with the given standard output and error; returns the exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine commandLine = new CommandLine(new Main());
    addCommands(commandLine, args);
    commandLine
        .setOut(out)
        .setErr(err)
        .setUsageHelpWidth(100)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Errors::usage)
        .setExecutionExceptionHandler(Errors::failure);
    int code = run(() -> commandLine.execute(args), err);
    HeadStart.end();
    if (out.checkError() && code == CommandLine.ExitCode.OK) {
      err.println("lanewise: standard output was closed or full before all was written");
      code = CommandLine.ExitCode.SOFTWARE;
    }
    err.flush();
    return code;
  }

  /**
   * All commands, but where one is named that alone: picocli looks through all that it is given.
   */
  private static void addCommands(CommandLine commandLine, String... args) {
    Class<?> named = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (named != null) {
      commandLine.addSubcommand(named);
    } else {
      COMMANDS.values().forEach(commandLine::addSubcommand);
    }
  }

  /** Also what picocli does not handle becomes one line. */
  static int run(IntSupplier command, PrintWriter err) {
    try {
      return command.getAsInt();
    } catch (OutOfMemoryError | StackOverflowError | LinkageError fatal) {
      err.println(("lanewise: " + fatal).replaceAll("\\R", " "));
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  @Override
  public void run() {
    String commands =
        spec.subcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .filter(command -> !command.usageMessage().hidden())
            .map(CommandSpec::name)
            .collect(Collectors.joining(", "));
    throw new ParameterException(spec.commandLine(), "Missing command, must be one of " + commands);
  }
}
