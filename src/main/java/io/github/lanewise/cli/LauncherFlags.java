package io.github.lanewise.cli;

import io.github.lanewise.op.MachineLimits;
import java.util.List;

/** The flags that the launcher sets by itself: they change nothing that is measured. */
final class LauncherFlags {
  private static final String ARCHIVE = "-XX:SharedArchiveFile=";

  /** The launcher sets them where the user gives no flag of this kind, and all at once. */
  private static final List<String> DIRECTIVES =
      List.of(
          "-XX:+UnlockDiagnosticVMOptions", "-XX:-DisplayVMOutput", "-XX:CompilerDirectivesFile=");

  private LauncherFlags() {}

  /** Whether a flag of this JVM is one of them. */
  static boolean contains(String flag) {
    return contains(flag, MachineLimits.isGivenCompilerDirectives());
  }

  static boolean contains(String flag, boolean directivesAreGiven) {
    return flag.startsWith(ARCHIVE)
        || ClassArchive.WRITING.stream().anyMatch(flag::startsWith)
        || (directivesAreGiven && DIRECTIVES.stream().anyMatch(flag::startsWith));
  }
}
