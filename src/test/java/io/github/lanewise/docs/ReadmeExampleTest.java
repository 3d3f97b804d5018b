package io.github.lanewise.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's examples compile, and the first prints what it says. */
class ReadmeExampleTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("class (\\w+)");

  @TempDir Path folder;

  @Test
  void compileAndRun() throws Exception {
    List<String> examples =
        JAVA.matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(block -> block.group(1))
            .toList();
    assertEquals(2, examples.size(), "blocks of Java in README.md");
    for (String example : examples) {
      Matcher name = CLASS.matcher(example);
      assertTrue(name.find(), example);
      Path source = folder.resolve(name.group(1) + ".java");
      Files.writeString(source, example);
      compile(source);
    }
    assertEquals("0.5", run().strip());
  }

  private void compile(Path source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    List<String> arguments =
        List.of("-cp", System.getProperty("java.class.path"), "-d", folder + "", source.toString());
    int status = compiler.run(null, messages, messages, arguments.toArray(String[]::new));
    assertEquals(0, status, messages.toString(StandardCharsets.UTF_8));
  }

  private String run() throws Exception {
    PrintStream standardOutput = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method main = loader.loadClass("ReadmeExample").getDeclaredMethod("main", String[].class);
      main.setAccessible(true);
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      main.invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(standardOutput);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
