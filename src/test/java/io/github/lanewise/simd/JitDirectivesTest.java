package io.github.lanewise.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.testing.ChildJvm;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directives as both of their readers take them: a running JVM, and one that starts. */
class JitDirectivesTest {
  @Test
  void aRunningJvmTakesThem() {
    assertTrue(JitDirectives.install());
    assertTrue(JitDirectives.areInForce());
  }

  /** Here HotSpot names what it cannot use; there it leaves that out without a word. */
  @Test
  void aStartingJvmTakesAllOfThem(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("the directives.json");
    try (InputStream directives = JitDirectives.class.getResourceAsStream("directives.json")) {
      Files.copy(directives, file, StandardCopyOption.REPLACE_EXISTING);
    }
    List<String> lines =
        ChildJvm.run(
            List.of(
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:CompilerDirectivesFile=" + file,
                "-version"));
    assertEquals("2 compiler directives added", lines.getFirst(), lines.toString());
  }
}
