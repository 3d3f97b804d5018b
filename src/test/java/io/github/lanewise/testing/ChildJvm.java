package io.github.lanewise.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own for a test, of the JDK that runs the tests, with no flag of theirs. */
public final class ChildJvm {
  private ChildJvm() {}

  /** What a main class of the tests writes, by line; it has the library's modules. */
  public static List<String> run(List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.addAll(
        List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    all.addAll(flags);
    all.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    all.addAll(List.of(arguments));
    return run(all);
  }

  /** What java writes when it is given these arguments, by line; it must end well. */
  public static List<String> run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    child.getOutputStream().close();
    byte[] all = child.getInputStream().readAllBytes();
    List<String> lines = new String(all, StandardCharsets.UTF_8).lines().toList();
    assertEquals(0, child.waitFor(), lines.toString());
    return lines;
  }
}
