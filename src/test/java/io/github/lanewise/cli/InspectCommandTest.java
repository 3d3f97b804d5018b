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

class InspectCommandTest {
  private static final String TEXT = "The cat, tired, slept.";
  private static final String TINY = "models/tiny-decoder.json";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void writesEveryMapOfADecoderAsJson() {
    assertEquals(0, run("inspect", TEXT, "--model", TINY, "--json"), err::toString);
    List<JsonNode> lines = out.toString().lines().map(JsonMapper.shared()::readTree).toList();
    JsonNode text = lines.getFirst();
    assertEquals("text", text.get("record").stringValue());
    assertTrue(text.get("causal").booleanValue());
    int tokens = text.get("queries").size();
    assertEquals(7, tokens);
    int maps = text.get("layers").intValue() * text.get("heads").intValue();
    assertEquals(1 + maps, lines.size(), "made-up weights are not studied unless asked");
    for (JsonNode line : lines.subList(1, lines.size())) {
      assertEquals("map", line.get("record").stringValue());
      assertEquals(tokens, line.get("weights").size());
      for (int q = 0; q < tokens; q++) {
        double sum = 0;
        for (int k = 0; k < tokens; k++) {
          double weight = line.get("weights").get(q).get(k).doubleValue();
          assertTrue(k <= q || weight == 0, "a causal map shows nothing of the future");
          sum += weight;
        }
        assertEquals(1, sum, 1e-5);
      }
      assertEquals(tokens, line.get("statistics").get("queries").intValue());
    }
  }

  @Test
  void showsAllThreeAttentionsOfAnEncoderDecoder(@TempDir Path folder) throws IOException {
    String model = "models/tiny-seq2seq.json";
    Path page = folder.resolve("cross.html");
    int code =
        run(
            "inspect",
            TEXT,
            "--target",
            "Sie schlief.",
            "--model",
            model,
            "--json",
            "--out",
            page.toString());
    assertEquals(0, code, err::toString);
    List<JsonNode> texts =
        out.toString()
            .lines()
            .map(JsonMapper.shared()::readTree)
            .filter(line -> line.get("record").stringValue().equals("text"))
            .toList();
    assertEquals(3, texts.size());
    assertEquals("tiny-seq2seq, encoder", texts.get(0).get("model").stringValue());
    assertTrue(texts.get(1).get("causal").booleanValue());
    assertEquals(3, texts.get(2).get("queries").size());
    assertEquals(7, texts.get(2).get("keys").size());
    assertTrue(Files.readString(page).contains("schlief"));
    assertEquals(0, run("inspect", TEXT, "--target", "Sie schlief.", "--model", model));
    assertTrue(out.toString().contains("3 tokens to 7; most attended"), out::toString);
  }

  @Test
  void saysWhereAWordLooks() {
    assertEquals(0, run("inspect", TEXT, "--model", TINY, "--focus", "SLEPT"), err::toString);
    assertTrue(out.toString().contains("look from \"slept\" most to"), out::toString);
    assertTrue(out.toString().contains("2 layers x 4 heads, 7 tokens"), out::toString);
  }

  @Test
  void saysWhatItDoesNotReadAndAnswersNothingAboutIt() {
    String[] command = {"inspect", "word ".repeat(100) + "last", "--model", TINY};
    assertEquals(0, run(command), err::toString);
    assertTrue(
        err.toString().contains("TEXT: 101 tokens: the last 5 are left out, tiny-decoder takes 96"),
        err::toString);
    assertEquals(2, run("inspect", command[1], "--model", TINY, "--focus", "last"));
    assertTrue(err.toString().contains("must be a word of TEXT that was read"), err::toString);
  }

  @Test
  void refusesAModelThatDoesNotFit(@TempDir Path folder) throws IOException {
    String json =
        Files.readString(Path.of(TINY))
            .replaceFirst("\"layers\": 2", "\"layers\": 1024")
            .replaceFirst("\"feedForward\": \\d+", "\"feedForward\": 1000000");
    Path big = Files.writeString(folder.resolve("big.json"), json);
    assertEquals(1, run("inspect", TEXT, "--model", big.toString()), err::toString);
    assertTrue(err.toString().contains(" for 7 tokens but only "), err::toString);
  }

  @Test
  void studiesTheCorpusAndNamesNoHeadOfRandomWeights() {
    String[] command = {"inspect", "--corpus", "--model", TINY, "--json"};
    assertEquals(0, run(command), err::toString);
    List<JsonNode> lines = out.toString().lines().map(JsonMapper.shared()::readTree).toList();
    assertEquals(2 * 4, lines.size());
    for (JsonNode line : lines) {
      assertEquals("head", line.get("record").stringValue());
      for (JsonNode pattern : line.get("named")) {
        // A causal mask alone makes most heads look at near tokens; words they cannot know.
        assertTrue(pattern.stringValue().startsWith("offset"), line.toString());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspect                                       | TEXT is missing",
        "inspect text --corpus                         | --corpus takes no TEXT",
        "inspect text --markdown                       | --markdown goes with --corpus",
        "inspect --corpus --focus it                   | --focus needs TEXT",
        "inspect text --target text --focus text        | --target goes without --corpus, --focus",
        "inspect --target text --corpus                 | --target goes without --corpus, --focus",
        "inspect text --target text --model models/tiny-decoder.json | is none",
        "inspect text --target text --model models/whisper-tiny.json | reads features, must read",
        "inspect text --model missing.json                | missing.json: no such file",
        "inspect text --model models/tiny-decoder.json --focus no | --focus is no, must be a word of TEXT",
      })
  void saysWhatIsWrong(String line, String message) {
    assertEquals(2, run(line.split(" +")), out::toString);
    assertTrue(err.toString().contains(message), err::toString);
  }

  private int run(String... arguments) {
    return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
  }
}
