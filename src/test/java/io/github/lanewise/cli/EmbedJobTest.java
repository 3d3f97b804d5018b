package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Token;
import io.github.lanewise.text.Tokenizer;
import io.github.lanewise.text.Tokens;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Lines to vectors, with a tiny random model and a token a character. */
class EmbedJobTest {
  private static Lanewise runtime;
  private static EmbeddingModel model;
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void open() throws IOException {
    runtime = Lanewise.create(2);
    String json =
        Files.readString(Path.of("models/tiny-encoder.json"))
            .replaceFirst("\"kind\"", "\"pooling\": \"mean\", \"normalize\": true, \"kind\"");
    ModelConfig config = ModelConfig.parse("tiny", json.getBytes(StandardCharsets.UTF_8));
    model = EmbeddingModel.of(runtime, Weights.random(runtime, config, 3), new Characters());
  }

  @AfterAll
  static void close() {
    model.close();
    runtime.close();
  }

  @Test
  void writesEveryLineInOrderAsTheModelAloneWould(@TempDir Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 600; i++) {
      text.append("x".repeat(i % 7)).append("line ".repeat(i % 5)).append(i % 3).append('\n');
      if (i % 50 == 0) {
        text.append('\n');
      }
    }
    String[] lines = text.toString().split("\n", -1);
    Path file = folder.resolve("vectors.f32");
    EmbedJob job = new EmbedJob(model, new PrintWriter(err), 0);
    try (EmbedFile output = new EmbedFile(file)) {
      job.run(reader(text.toString()), output);
    }
    assertEquals(lines.length - 1, job.lines());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals((lines.length - 1L) * model.dimensions() * Float.BYTES, bytes.remaining());
    for (int i = 0; i < lines.length - 1; i++) {
      float[] vector = new float[model.dimensions()];
      bytes
          .slice(i * 4 * vector.length, 4 * vector.length)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(vector);
      assertArrayEquals(model.embed(lines[i]), vector, "line " + (i + 1));
    }
  }

  @Test
  void jsonHasTextTokensAndEmbedding() throws IOException {
    StringWriter out = new StringWriter();
    run("ab\n\nc \"d\"", EmbedLines.json(new PrintWriter(out)));
    List<JsonNode> lines =
        out.toString().lines().map(line -> JsonMapper.shared().readTree(line)).toList();
    assertEquals(3, lines.size());
    assertEquals(List.of("text", "tokens", "embedding"), List.copyOf(lines.get(0).propertyNames()));
    assertEquals("ab", lines.get(0).get("text").asString());
    assertEquals(4, lines.get(0).get("tokens").asInt());
    assertEquals(2, lines.get(1).get("tokens").asInt());
    assertEquals("c \"d\"", lines.get(2).get("text").asString());
    float[] expected = model.embed("c \"d\"");
    for (int c = 0; c < expected.length; c++) {
      assertEquals(expected[c], lines.get(2).get("embedding").get(c).floatValue());
    }
  }

  @Test
  void saysWhichLinesLoseWhat() throws IOException {
    byte[] bytes = ("ok\n" + "y".repeat(70) + "\nz?\n").getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xff;
    StringWriter out = new StringWriter();
    EmbedJob job = new EmbedJob(model, new PrintWriter(err), 0);
    job.run(
        new LineReader(new ByteArrayInputStream(bytes), EmbedJob.MOST_LINE_BYTES),
        EmbedLines.table(new PrintWriter(out), model.dimensions()));
    assertTrue(
        err.toString()
            .contains("line 2: 72 tokens: the last 8 are left out, tiny-encoder takes 64"),
        err.toString());
    assertTrue(err.toString().contains("line 3: not UTF-8"), err.toString());
    assertEquals(2, err.toString().lines().count());
    assertEquals(4, out.toString().lines().count());
  }

  @Test
  void aFileIsReplacedWhenAllIsWrittenAndNotBefore(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("self"), "one\ntwo\n");
    EmbedFile output = new EmbedFile(file);
    try (output;
        LineReader lines = new LineReader(Files.newInputStream(file), 100)) {
      new EmbedJob(model, new PrintWriter(err), 0).run(lines, output);
    }
    assertEquals(2L * model.dimensions() * Float.BYTES, Files.size(file));

    Files.writeString(file, "kept");
    try (EmbedFile failing = new EmbedFile(file)) {
      failing.write(List.of(), List.of(), Matrix.allocate(Arena.ofAuto(), 1, 4));
    }
    assertEquals("kept", Files.readString(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDeviceIsNamed() throws IOException {
    try (EmbedFile full = new EmbedFile(Path.of("/dev/full"))) {
      IOException failed = assertThrows(IOException.class, () -> run("a\n", full));
      assertEquals("cannot write /dev/full: No space left on device", failed.getMessage());
    }
  }

  @Test
  void aClosedOutputEndsIt() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    IOException failed =
        assertThrows(
            IOException.class,
            () ->
                run(
                    "a\nb\n",
                    EmbedLines.json(new PrintWriter(closed, false, StandardCharsets.UTF_8))));
    assertEquals("standard output was closed before the last line", failed.getMessage());
  }

  private void run(String text, EmbedOutput output) throws IOException {
    new EmbedJob(model, new PrintWriter(err), 0).run(reader(text), output);
  }

  private static LineReader reader(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new LineReader(new ByteArrayInputStream(bytes), EmbedJob.MOST_LINE_BYTES);
  }

  /** A token a character, between two others. */
  private static final class Characters implements Tokenizer {
    @Override
    public int maxTokens() {
      return 64;
    }

    @Override
    public Tokens encode(String text) {
      int[] ids = new int[text.length() + 2];
      for (int i = 0; i < text.length(); i++) {
        ids[i + 1] = text.charAt(i) % 190 + 3;
      }
      ids[0] = 1;
      ids[ids.length - 1] = 2;
      int kept = Math.min(ids.length, maxTokens());
      return new Tokens(Arrays.copyOf(ids, kept), ids.length - kept);
    }

    @Override
    public List<Token> explain(String text) {
      throw new UnsupportedOperationException();
    }
  }
}
