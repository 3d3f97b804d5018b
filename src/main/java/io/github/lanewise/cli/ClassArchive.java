package io.github.lanewise.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import javax.management.ObjectName;

/**
 * The classes that a command has loaded and linked, in a file that the JVM maps at the next start
 * of the command (class data sharing).
 *
 * <p>The launcher names the file while there is none. Each command has its own, written once it has
 * succeeded: what a help or a wrong option loads would be of no use to the next start.
 */
final class ClassArchive {
  private static final String PROPERTY = "lanewise.classArchive";

  /** What has a JVM note what it would write: not for the JVMs that a command starts. */
  static final List<String> WRITING = List.of("-XX:+RecordDynamicDumpInfo", "-D" + PROPERTY);

  private ClassArchive() {}

  /** Writes the file, if the launcher wants one. Without it the next start is slower, no more. */
  static void keep() {
    String name = System.getProperty(PROPERTY);
    if (name == null) {
      return;
    }
    Path file = Path.of(name);
    Path part = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    String[] arguments = {"dynamic_dump", "\"" + part + "\""};
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream())); // where the JDK reports on it
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "vmCds",
              new Object[] {arguments},
              new String[] {String[].class.getName()});
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (Exception | Error withoutOne) {
      part.toFile().delete();
      part.resolveSibling(part.getFileName() + ".temp").toFile().delete(); // the JDK's own
    } finally {
      System.setOut(out);
    }
  }
}
