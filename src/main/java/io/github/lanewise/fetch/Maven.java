package io.github.lanewise.fetch;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Maven as a process of its own: it knows the user's registry, proxy and passwords.
 *
 * @param environment environment variables
 */
record Maven(Map<String, String> environment) {
  private static final int SHOWN_LINES = 3;
  private static final long PATIENCE_MINUTES = 60;
  private static final boolean WINDOWS = System.getProperty("os.name", "").startsWith("Windows");
  private static final String PROGRAM = WINDOWS ? "mvn.cmd" : "mvn";

  /** The command that fetches, for people to type. */
  static String command(String artifact) {
    return "mvn dependency:get -Dtransitive=false -Dartifact=" + artifact;
  }

  /** Copies an artifact into a folder. */
  void copy(String artifact, FetchFolder work) {
    Path folder = work.path();
    Path log = folder.resolve("maven.log");
    List<String> command =
        List.of(
            program().toString(),
            "-B",
            "-q",
            "dependency:copy",
            "-Dartifact=" + artifact,
            "-DoutputDirectory=" + folder,
            "-Dmdep.useBaseVersion=true");
    try {
      Process maven =
          work.start(
              new ProcessBuilder(command)
                  .directory(folder.toFile()) // no pom.xml there
                  .redirectErrorStream(true)
                  .redirectOutput(log.toFile()));
      maven.getOutputStream().close();
      if (await(maven, artifact) != 0) {
        throw new FetchException(
            "Maven could not fetch "
                + artifact
                + ": "
                + lastLines(log)
                + "; see whether '"
                + command(artifact)
                + "' works, and what your Maven settings say of repositories and proxies");
      }
    } catch (IOException failed) {
      throw new FetchException(
          "cannot run Maven in " + folder + ": " + failed.getMessage(), failed);
    }
  }

  /** Waits; whoever closes the folder ends Maven, too. */
  private static int await(Process maven, String artifact) {
    try {
      if (maven.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        return maven.exitValue();
      }
      throw new FetchException(
          "Maven took over " + PATIENCE_MINUTES + " minutes to fetch " + artifact);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new FetchException("interrupted while Maven fetched " + artifact, stop);
    }
  }

  private Path program() {
    String home = environment.getOrDefault("MAVEN_HOME", "");
    if (!home.isEmpty()) {
      Path program = Path.of(home, "bin", PROGRAM);
      if (Files.isExecutable(program)) {
        return program;
      }
    }
    for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path program = Path.of(folder, PROGRAM).toAbsolutePath();
      if (!folder.isEmpty() && Files.isExecutable(program)) {
        return program;
      }
    }
    throw new FetchException(
        "needs Maven (mvn) to fetch weights, and found none in MAVEN_HOME or PATH; install it"
            + " (Debian and Ubuntu: apt install maven; macOS: brew install maven), or name a folder"
            + " with the model's files by --weights");
  }

  private static String lastLines(Path log) throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.replaceAll("\u001B\\[[0-9;]*m", "").strip())
            .filter(line -> !line.isEmpty() && !line.equals("[ERROR]"))
            .filter(line -> !line.contains("[Help 1]") && !line.contains("re-run Maven"))
            .toList();
    // Maven's first errors say what happened, its last ones where help is.
    List<String> errors = lines.stream().filter(line -> line.startsWith("[ERROR]")).toList();
    List<String> shown = errors.isEmpty() ? lines : errors;
    return shown.isEmpty()
        ? "it said nothing"
        : String.join(" / ", shown.subList(0, Math.min(SHOWN_LINES, shown.size())));
  }
}
