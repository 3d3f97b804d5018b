package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherFlagsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:SharedArchiveFile=/a/run.jsa",
        "-XX:+RecordDynamicDumpInfo",
        "-Dlanewise.classArchive=/a/run.jsa"
      })
  void theArchiveIsTheLaunchers(String flag) {
    assertTrue(LauncherFlags.contains(flag));
  }

  /** In this JVM, to which the launcher has given no directives. */
  @ParameterizedTest
  @ValueSource(
      strings = {"-XX:UseAVX=2", "-XX:+UnlockDiagnosticVMOptions", "-XX:CompilerDirectivesFile=/a"})
  void othersAreTheUsers(String flag) {
    assertFalse(LauncherFlags.contains(flag));
  }

  @Test
  void withDirectivesThatAreGivenTheirFlagsAreTheLaunchers() {
    assertTrue(LauncherFlags.contains("-XX:CompilerDirectivesFile=/a", true));
    assertTrue(LauncherFlags.contains("-XX:-DisplayVMOutput", true));
    assertFalse(LauncherFlags.contains("-XX:UseAVX=2", true));
  }
}
