package io.github.lanewise.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:CompilerDirectivesFile=" + file,
                "-version")
            .redirectErrorStream(true)
            .start();
    child.getOutputStream().close();
    byte[] all = child.getInputStream().readAllBytes();
    List<String> lines = new String(all, StandardCharsets.UTF_8).lines().toList();
    assertEquals("2 compiler directives added", lines.getFirst(), lines.toString());
    assertEquals(0, child.waitFor(), lines.toString());
  }
}
