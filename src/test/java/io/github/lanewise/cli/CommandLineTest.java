package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.op.MachineLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command line as its users meet it: what goes where, and what wrong usage is told. */
class CommandLineTest {
  private static final String TINY = "models/tiny-decoder.json";

  @Test
  void commandsAreNamedAsTheyNameThemselves() {
    Main.COMMANDS.forEach(
        (name, command) -> assertEquals(name, command.getAnnotation(Command.class).name()));
  }

  @Test
  void verifyReadsWhatSizeAndTimeTakeForRight(@TempDir Path folder) throws IOException {
    ModelConfig config = ModelConfig.load(Path.of(ModelOptions.USUAL));
    String sha256 = Objects.requireNonNull(config.weights()).tensors().sha256();
    Path home = folder.resolve(config.weights().artifact().replace(':', '/'));
    Path file =
        Files.createDirectories(home.resolve(sha256.substring(0, 16)))
            .resolve(config.weights().tensors().name());
    Files.writeString(file, "damaged");
    Files.writeString(
        file.resolveSibling(file.getFileName() + ".sha256"),
        sha256 + " 7 " + Files.getLastModifiedTime(file) + "\n");
    String before = System.setProperty("lanewise.cache", folder.toString());
    try {
      Outcome known = run("embed", "pom.xml", "--offline");
      assertTrue(known.err.contains("forbids to fetch"), known.err); // the tokenizer
      Outcome read = run("embed", "pom.xml", "--offline", "--verify");
      assertTrue(read.err.contains("its SHA-256 is"), read.err);
    } finally {
      if (before == null) {
        System.clearProperty("lanewise.cache");
      } else {
        System.setProperty("lanewise.cache", before);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          run missing.json                             | missing.json: no such file
          run models                                   | models:
          run pom.xml                                  | pom.xml: line 1
          run --threads 0                              | --threads is 0, must be 1 to 1024
          run --threads -3                             | --threads is -3, must be 1 to 1024
          run --threads many                           | 'many' is not an int
          run models/tiny-decoder.json --tokens 0      | --tokens is 0, must be 1 to 96
          run models/tiny-decoder.json --tokens 97     | --tokens is 97, must be 1 to 96, the context window
          run models/tiny-decoder.json --decode 96     | --decode is 96, must be 0 to 95
          run models/tiny-decoder.json --decode -1     | --decode is -1, must be 0 to 95
          run models/tiny-decoder.json --tokens 90 --decode 7 | --tokens is 90, must be 1 to 89
          run models/tiny-decoder.json --layers 0      | --layers is 0, must be 1 to 2
          run models/tiny-decoder.json --layers 3      | --layers is 3, must be 1 to 2
          run models/tiny-encoder.json --decode 2      | --decode needs a decoder
          run models/tiny-decoder.json --weights .     | --weights are for sentences, but tiny-decoder has no pooling
          embed pom.xml --weights missing              | missing: no such folder
          run models/tiny-decoder.json --seed one      | 'one' is not a long
          run models/tiny-decoder.json --seconds NaN   | --seconds is NaN
          run models/tiny-decoder.json --storage f64   | --storage is f64, must be f32, bf16 or f16
          run models/tiny-decoder.json --cache-storage F16 | --cache-storage is F16, must be f32
          run models/tiny-decoder.json --chunk 0       | --chunk is 0, must be 1 to 65536
          run models/tiny-encoder.json --chunk 8       | --chunk means nothing for an encoder
          run models/tiny-encoder.json --cache-storage f16 | --cache-storage means nothing for
          run models/lstm-baseline.json --share-layer  | --share-layer means nothing for kind "recurrent"
          run models/tiny-decoder.json other.json      | Unexpected argument 'other.json'
          run --token 5                                | Unknown option '--token', did you mean --tokens
          run --tokens                                 | --tokens
          rum                                          | did you mean run
          doctor --threads 0                           | --threads is 0
          doctor --jvms 1                              | --jvms is 1, must be 2 to 10000
          doctor now                                   | Unexpected argument 'now'
          doctor --seconds 0                           | --seconds is 0.0
          tune --op softmax                            | --op is softmax, must be gemm
          tune --budget soon                           | --budget is soon, must be 10s to 1440m
          tune --budget 9s                             | --budget is 9s, must be 10s to 1440m
          tune --budget -120s                          | --budget is -120s, must be
          tune --budget 1441m                          | --budget is 1441m, must be
          tune --threads 0                             | --threads is 0, must be 1 to 1024
          tune --out - --json                          | both write to standard output
          tune --out pom.xml                           | pom.xml: line 1
          tune --out src                               | src: is a folder
          tune --out pom.xml/tuning.json               | no file can be written in
          tune --out models/tiny-llama.json            | tune does not overwrite it
          tune now                                     | Unexpected argument 'now'
          tune --bugdet 60s                            | Unknown option '--bugdet', did you mean --budget
          """)
  void wrongUsageIsOneLineAndCodeTwo(String arguments, String message) {
    Outcome outcome = run(arguments.split(" "));
    assertWrongUsage(outcome, message);
  }

  @Test
  void aMissingCommandIsWrongUsage() {
    assertWrongUsage(run(), "must be one of run, embed, inspect, bench, tune, doctor");
  }

  @Test
  void aWrongKeyIsNamed(@TempDir Path folder) throws IOException {
    Path config = folder.resolve("wrong.json");
    Files.writeString(config, Files.readString(Path.of(TINY)).replace("\"heads\"", "\"haeds\""));
    assertWrongUsage(run("run", config.toString()), "haeds");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "run --help", "tune --help", "doctor --help"})
  void helpIsForEveryCommand(String arguments) {
    Outcome outcome = run(arguments.split(" "));
    assertEquals(0, outcome.code);
    assertTrue(outcome.out.startsWith("Usage: lanewise"), outcome.out);
    assertEquals("", outcome.err);
  }

  @Test
  void versionIsOneLine() {
    Outcome outcome = run("--version");
    assertEquals(0, outcome.code);
    assertTrue(outcome.out.matches("lanewise .*\\(JDK 2\\d.*\\)\\R"), outcome.out);
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsFigures(@TempDir Path folder) throws IOException {
    Path config = folder.resolve("huge.json");
    String huge =
        Files.readString(Path.of("models/llama-3-8b.json"))
            .replace("\"layers\": 32", "\"layers\": 1024")
            .replace("\"feedForward\": 14336", "\"feedForward\": 1048576");
    Files.writeString(config, huge);
    Outcome outcome = run("run", config.toString());
    assertEquals(1, outcome.code);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains("weights") && outcome.err.contains("available"), outcome.err);
  }

  @Test
  void decodersReportAsJson() {
    Outcome outcome =
        run("run", TINY, "--json", "--tokens", "20", "--decode", "4", "--seconds", "0.1");
    JsonNode json = onlyLine(outcome);
    assertEquals(
        Set.of(
            "config",
            "tokens",
            "threads",
            "parameters",
            "weightsBytes",
            "peakBytes",
            "prefillMillis",
            "prefillTokensPerSecond",
            "decodeTokensPerSecond",
            "decodeGBs",
            "decodeLimitShare",
            "gflops",
            "limitShare",
            "parts",
            "decodeParts",
            "storage",
            "storageWhy",
            "flops",
            "scoresPerHead",
            "cacheStorage",
            "cacheBytes",
            "chunk",
            "decodeFlops",
            "shareLayer",
            "plannedBytes",
            "availableBytes"),
        keys(json));
    assertEquals("tiny-decoder", json.get("config").asString());
    assertEquals(20, json.get("tokens").asInt());
    assertTrue(json.get("decodeTokensPerSecond").asDouble() > 0);
    assertTrue(json.get("peakBytes").asLong() >= json.get("weightsBytes").asLong());
    double shares = 0;
    for (JsonNode part : json.get("parts")) {
      assertEquals(Set.of("name", "millis", "share"), keys(part));
      shares += part.get("share").asDouble();
    }
    assertEquals(1, shares, 1e-2);
    assertTrue(outcome.err.contains("needs"), outcome.err);
  }

  @Test
  void saysThatASharedLayerIsNoModel() {
    String[] arguments = {
      "run",
      TINY,
      "--json",
      "--share-layer",
      "--tokens",
      "20",
      "--chunk",
      "8",
      "--storage",
      "bf16",
      "--cache-storage",
      "f16",
      "--seconds",
      "0.05"
    };
    Outcome outcome = run(arguments);
    JsonNode json = onlyLine(outcome);
    assertEquals("bf16", json.get("storage").asString());
    assertEquals("f16", json.get("cacheStorage").asString());
    assertEquals(8, json.get("chunk").asInt());
    assertTrue(json.get("shareLayer").asBoolean());
    assertTrue(json.get("note").asString().contains("not a model"));
    assertTrue(outcome.err.contains("not a model"), outcome.err);
  }

  @Test
  void estimatesWhatWouldNotFit() {
    Outcome outcome = run("run", "models/gpt3-175b.json", "--json", "--estimate");
    JsonNode json = onlyLine(outcome);
    JsonNode estimate = json.get("estimate");
    assertTrue(estimate.get("prefillMillis").asDouble() > 0);
    assertTrue(estimate.get("tokenMillis").asDouble() > 0);
    assertTrue(estimate.get("peakBytes").asLong() > json.get("plannedBytes").asLong());
    assertEquals(9, json.get("estimates").size(), "128, 512 and 2048 tokens in three storages");
    assertTrue(outcome.err.contains("GB/s"), outcome.err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"models/tiny-encoder.json", "models/tiny-llama.json"})
  void everyFormRuns(String config) {
    Outcome outcome = run("run", config, "--layers", "1", "--threads", "2", "--seconds", "0.1");
    assertEquals(0, outcome.code, outcome.err);
    assertEquals("", outcome.err);
    for (String part :
        List.of("qkv", "attention", "feed-forward", "GFLOP/s", "tokens/s", "memory")) {
      assertTrue(outcome.out.contains(part), part + " is missing in: " + outcome.out);
    }
  }

  @Test
  void jsonWithoutDecodeHasNoDecodeRate() {
    JsonNode json = onlyLine(run("run", TINY, "--json", "--tokens", "1", "--seconds", "0.05"));
    assertFalse(json.has("decodeTokensPerSecond"));
  }

  /** What doctor finds depends on the machine's load; that it says so consistently does not. */
  @Test
  void doctorReportsAsJson() {
    Outcome outcome = run("doctor", "--json", "--seconds", "0.02");
    JsonNode json = JsonMapper.shared().readTree(outcome.out);
    assertEquals(1, outcome.out.lines().count());
    assertEquals(
        Set.of(
            "cpu",
            "jdk",
            "vectorBits",
            "threads",
            "tuning",
            "peakGflops",
            "peakGflopsAll",
            "readGBs",
            "readGBsAll",
            "kernels",
            "ok"),
        keys(json));
    assertEquals(json.get("ok").asBoolean() ? 0 : 1, outcome.code);
    assertEquals(MachineLimits.vectorBits(), json.get("vectorBits").asInt());
    boolean allOk = MachineLimits.hasHardwareFma();
    for (JsonNode kernel : json.get("kernels")) {
      assertEquals(Set.of("name", "gflops", "share", "ok"), keys(kernel));
      assertTrue(kernel.get("share").asDouble() <= 1, kernel.toString());
      boolean ok = kernel.get("ok").asBoolean();
      assertTrue(ok || outcome.err.contains(kernel.get("name").asString()));
      allOk &= ok;
    }
    assertEquals(allOk, json.get("ok").asBoolean());
    assertTrue(outcome.err.contains("FMA peak"), outcome.err);
  }

  @Test
  void anOutputThatIsFullFailsTheCommand() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    StringWriter err = new StringWriter();
    PrintWriter out = new PrintWriter(full, true, StandardCharsets.UTF_8);
    assertEquals(1, Main.execute(out, new PrintWriter(err), "--version"));
    assertTrue(err.toString().contains("standard output was closed or full"), err::toString);
  }

  @Test
  void anErrorOfTheMachineIsOneLine() {
    for (Error error :
        List.of(new OutOfMemoryError("heap"), new StackOverflowError(), new LinkageError("a\nb"))) {
      StringWriter err = new StringWriter();
      int code =
          Main.run(
              () -> {
                throw error;
              },
              new PrintWriter(err));
      assertEquals(1, code);
      assertEquals(1, err.toString().lines().count(), err::toString);
    }
  }

  private static void assertWrongUsage(Outcome outcome, String message) {
    assertEquals(2, outcome.code, outcome.err);
    assertEquals("", outcome.out);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains(message), outcome.err);
    assertTrue(outcome.err.contains("--help"), outcome.err);
  }

  private static JsonNode onlyLine(Outcome outcome) {
    assertEquals(0, outcome.code, outcome.err);
    assertEquals(1, outcome.out.lines().count(), outcome.out);
    return JsonMapper.shared().readTree(outcome.out);
  }

  private static Set<String> keys(JsonNode object) {
    return new TreeSet<>(object.propertyNames());
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private record Outcome(int code, String out, String err) {}
}
