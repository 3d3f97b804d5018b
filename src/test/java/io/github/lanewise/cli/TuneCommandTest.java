package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.tune.Product;
import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;
import io.github.lanewise.tuning.Tuning;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code tune} does around its search. */
class TuneCommandTest {
  @TempDir private Path folder;

  @Test
  void aFailedJvmSaysWhy() throws IOException {
    Tuning unknown =
        Tuning.defaults()
            .withGemm(
                Tuning.defaults().gemm().with(Shape.ROW, new Choice("9x9u9", 1, 32, Choice.ANY)));
    try (TuningJvms jvms = new TuningJvms(1)) {
      String message =
          assertThrows(IllegalStateException.class, () -> jvms.gflops(unknown)).getMessage();
      assertTrue(message.startsWith("a fresh JVM failed with code 2"), message);
      assertTrue(message.contains("gemm.row.kernel is \"9x9u9\", must be one of"), message);
    }
  }

  @Test
  void whatIsNoTuningFileIsLeftAlone() throws IOException {
    Path file = folder.resolve("mine.json");
    String mine =
        Tuning.defaults().toJson().replaceFirst("\"kernel\": \"[^\"]*\"", "\"kernel\": \"9x9u9\"");
    Files.writeString(file, mine);
    Outcome outcome = run("tune", "--out", file.toString());
    assertEquals(2, outcome.code);
    assertTrue(outcome.err.contains("gemm.row.kernel is \"9x9u9\""), outcome.err);
    assertTrue(outcome.err.contains("tune does not overwrite it"), outcome.err);
    assertEquals(mine, Files.readString(file));
  }

  /** The whole way, in as little time as there may be. */
  @Test
  @Tag("slow")
  void writesAFileThatCanBeUsedAndIsNoSlower() throws IOException {
    Path file = folder.resolve("new").resolve("tuned.json");
    Outcome outcome =
        run("tune", "--budget", "10s", "--threads", "1", "--json", "--out", file.toString());
    assertEquals(0, outcome.code, outcome.err);
    JsonNode json = JsonMapper.shared().readTree(outcome.out);
    assertEquals(1, outcome.out.lines().count(), outcome.out);
    assertEquals(
        Set.of("op", "threads", "file", "seconds", "jvms", "classes", "measured"),
        Set.copyOf(json.propertyNames()));
    assertEquals(Shape.values().length, json.get("classes").size());
    assertEquals(Product.ALL.size(), json.get("measured").size());
    for (JsonNode shape : json.get("classes")) {
      boolean kept = shape.get("choice").equals(shape.get("default"));
      assertEquals(kept, !shape.get("outcome").asString().equals("gained"), shape.toString());
    }
    Tuning tuning = Tuning.load(file);
    assertEquals(1, tuning.provenance().threads());
    assertFalse(tuning.provenance().command().contains(folder.toString()));
    assertTrue(outcome.err.contains("wrote " + file), outcome.err);
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private record Outcome(int code, String out, String err) {}
}
