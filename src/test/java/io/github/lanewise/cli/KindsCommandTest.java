package io.github.lanewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code run} of the kinds beside decoders and encoders. */
class KindsCommandTest {
  @TempDir private Path folder;

  @Test
  void recurrentModelsAreComparedWithAttention() throws IOException {
    Path config =
        small("lstm-baseline", "384", "24", "\"heads\": 12", "\"heads\": 2", "8192", "256");
    Path picture = folder.resolve("lstm.svg");
    Outcome outcome =
        run(
            "run",
            config.toString(),
            "--json",
            "--seconds",
            "0.05",
            "--tokens",
            "40",
            "--svg",
            picture.toString());
    JsonNode json = onlyLine(outcome);
    assertParts(json, "input gates", "hidden gates", "cell");
    assertEquals(40, json.get("tokens").asInt());
    assertEquals(1, json.get("comparison").get(0).get("threads").asInt());
    for (JsonNode row : json.get("comparison")) {
      assertEquals(40, row.get("tokens").asInt());
      assertTrue(row.get("lstmMillis").asDouble() > 0);
      assertTrue(row.get("attentionMillis").asDouble() > 0);
    }
    assertTrue(outcome.err.contains("speed-up"), outcome.err);
    assertTrue(outcome.err.contains("At width 24 with"), outcome.err);
    assertTrue(outcome.err.contains("n² in all"), outcome.err);
    String svg = Files.readString(picture);
    assertTrue(svg.contains("LSTM, 1 thread") && svg.contains("attention, 1 thread"), svg);
  }

  @Test
  void encoderDecodersReadOnceAndDecode() {
    JsonNode json =
        onlyLine(
            run(
                "run models/tiny-seq2seq.json --json --seconds 0.05 --tokens 20 --decode 9"
                    .split(" ")));
    assertParts(
        json, "embedding", "norms", "qkv", "attention", "output", "cross-keys", "feed-forward");
    assertEquals(20, json.get("tokens").asInt());
    assertTrue(json.get("decodeTokensPerSecond").asDouble() > 0);
    assertTrue(json.get("decodeParts").toString().contains("cross-attention"));
    Outcome text =
        run(
            "run models/whisper-tiny.json --seconds 0.05 --layers 1 --tokens 9 --decode 2"
                .split(" "));
    assertEquals(0, text.code, text.err);
    assertTrue(text.out.contains("encoder-decoder, 1 + 1 layers, 9 features + 2"), text.out);
    assertTrue(text.out.contains("assumed: the two convolutions"), text.out);
    assertTrue(text.out.contains("part of a token"), text.out);
  }

  @Test
  void visionModelsLookAtATestImage() throws IOException {
    Path config = small("vit-s-16", "\"layers\": 12", "\"layers\": 2", "384", "24", "1536", "48");
    JsonNode json = onlyLine(run("run", config.toString(), "--json", "--seconds", "0.05"));
    assertParts(json, "embedding", "norms", "qkv", "attention", "output", "feed-forward", "logits");
    assertEquals(197, json.get("tokens").asInt());
    assertEquals(224, json.get("imageWidth").asInt());
    Outcome text =
        run("run", config.toString(), "--layers", "1", "--seconds", "0.05", "--threads", "1");
    assertEquals(0, text.code, text.err);
    assertTrue(text.out.contains("images/s"), text.out);
  }

  @Test
  void visionModelsRefuseWhatIsNoImage() {
    Outcome outcome = run("run", "models/vit-s-16.json", "--image", "pom.xml");
    assertWrongUsage(outcome, "pom.xml: is no image, must be PNG, JPEG, GIF or BMP");
  }

  @Test
  void proteinModelsTellTheirAlgorithms() {
    JsonNode json =
        onlyLine(
            run(
                "run",
                "models/alphafold2-evoformer.json",
                "--json",
                "--seconds",
                "0.05",
                "--msa",
                "3",
                "--residues",
                "5"));
    assertParts(
        json,
        "MSARowAttentionWithPairBias",
        "MSAColumnAttention",
        "MSATransition",
        "OuterProductMean",
        "TriangleMultiplicationOutgoing",
        "TriangleMultiplicationIncoming",
        "TriangleAttentionStartingNode",
        "TriangleAttentionEndingNode",
        "PairTransition");
    assertEquals(3, json.get("msa").asInt());
    assertEquals(5, json.get("residues").asInt());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          models/lstm-baseline.json --tokens 8193  | --tokens is 8193, must be 1 to 8192
          models/lstm-baseline.json --decode 3     | --decode means nothing for kind "recurrent"
          models/lstm-baseline.json --layers 2     | --layers is 2, must be 1 to 1
          models/lstm-baseline.json --image a.png  | --image means nothing for lstm-baseline
          models/lstm-baseline.json --weights .    | not for kind "recurrent"
          models/lstm-baseline.json --seconds 0    | --seconds is 0.0
          models/tiny-seq2seq.json --layers 4      | --layers is 4, must be 1 to 3
          models/whisper-tiny.json --tokens 1501   | --tokens is 1501, must be 1 to 1500
          models/whisper-tiny.json --decode 449    | --decode is 449, must be 0 to 448
          models/tiny-seq2seq.json --image a.png   | --image means nothing for tiny-seq2seq
          models/vit-b-16.json --tokens 3          | --tokens means nothing for kind "vision"
          models/vit-b-16.json --image none.png    | none.png: no such file
          models/vit-b-16.json --residues 3        | --residues means nothing for vit-b-16
          models/alphafold2-evoformer.json --msa 0 | --msa is 0, must be 1 to 16384
          models/alphafold2-evoformer.json --svg a | --svg means nothing for alphafold2-evoformer
          models/tiny-decoder.json --msa 3         | --msa means nothing for tiny-decoder
          """)
  void wrongUsageIsOneLineAndCodeTwo(String arguments, String message) {
    assertWrongUsage(run(("run " + arguments).split(" ")), message);
  }

  @Test
  void unknownKindsAreToldWhatThereIs() throws IOException {
    Path config = small("lstm-baseline", "\"recurrent\"", "\"recurent\"");
    assertWrongUsage(
        run("run", config.toString()),
        "kind is \"recurent\", must be one of \"decoder\", \"encoder\", \"encoder-decoder\", \"recurrent\", \"vision\","
            + " \"protein\"");
    Path broken = small("lstm-baseline", "\"layers\": 1", "\"layers\": 0");
    assertWrongUsage(run("run", broken.toString()), "layers is 0, must be a whole number");
  }

  private Path small(String model, String... piecesAndReplacements) throws IOException {
    String json = Files.readString(Path.of("models/" + model + ".json"));
    for (int i = 0; i < piecesAndReplacements.length; i += 2) {
      assertTrue(json.contains(piecesAndReplacements[i]), piecesAndReplacements[i]);
      json = json.replace(piecesAndReplacements[i], piecesAndReplacements[i + 1]);
    }
    return Files.writeString(folder.resolve("small.json"), json);
  }

  private static void assertParts(JsonNode json, String... names) {
    double shares = 0;
    int i = 0;
    for (JsonNode part : json.get("parts")) {
      assertEquals(names[i++], part.get("name").asString());
      shares += part.get("share").asDouble();
    }
    assertEquals(names.length, i);
    assertEquals(1, shares, 1e-2);
    for (String key : List.of("config", "parameters", "weightsBytes", "gflops", "limitShare")) {
      assertTrue(json.has(key), key);
    }
  }

  private static void assertWrongUsage(Outcome outcome, String message) {
    assertEquals(2, outcome.code, outcome.err);
    assertEquals("", outcome.out);
    assertEquals(1, outcome.err.lines().count(), outcome.err);
    assertTrue(outcome.err.contains(message), outcome.err);
  }

  private static JsonNode onlyLine(Outcome outcome) {
    assertEquals(0, outcome.code, outcome.err);
    assertEquals(1, outcome.out.lines().count(), outcome.out);
    return JsonMapper.shared().readTree(outcome.out);
  }

  private static Outcome run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  private record Outcome(int code, String out, String err) {}
}
