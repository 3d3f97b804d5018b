package io.github.lanewise.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start another JVM like this one: the same java, flags and classes. */
final class JvmCommand {
  /** Flags that two JVMs at once cannot have, or that would change what is measured. */
  private static final List<String> OWN =
      List.of(
          "-javaagent:",
          "-agentlib:",
          "-agentpath:",
          "-Xrunjdwp",
          "-XX:StartFlightRecording",
          "-Dcom.sun.management.jmxremote");

  private JvmCommand() {}

  /** The command line for a main class; {@code flags} follow those of this JVM and win. */
  static List<String> of(List<String> flags, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (OWN.stream().noneMatch(flag::startsWith)
          && ClassArchive.WRITING.stream().noneMatch(flag::startsWith)) {
        command.add(flag);
      }
    }
    command.addAll(flags);
    Module module = main.getModule();
    String modulePath = System.getProperty("jdk.module.path", "");
    if (module.isNamed() && !modulePath.isEmpty()) {
      command.addAll(List.of("-p", modulePath, "-m", module.getName() + "/" + main.getName()));
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    }
    command.addAll(List.of(arguments));
    return command;
  }
}
