package io.github.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.inspect.Depth;
import io.github.lanewise.inspect.HeadKind;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HeadScore;
import io.github.lanewise.inspect.HeadStudy;
import io.github.lanewise.inspect.Inspector;
import io.github.lanewise.inspect.Word;
import io.github.lanewise.inspect.WordMaps;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the heads of the real MiniLM do. */
class MiniLmHeadsTest {
  private static final String ANIMAL =
      "The animal didn't cross the street because it was too tired.";
  private static final String CAT = "The cat slept because it was tired.";

  private static Lanewise runtime;
  private static Weights weights;
  private static Tokenizer tokenizer;
  private static Inspector inspector;

  @BeforeAll
  static void load(@TempDir Path folder) throws Exception {
    runtime = Lanewise.create(2);
    ModelConfig config = Models.load("minilm-l6");
    MiniLm files = new MiniLm(folder);
    weights = Weights.load(runtime, config, files.files().tensors());
    tokenizer = Tokenizer.load(files.files().tokenizer(), config.vocabulary(), 128);
    inspector = new Inspector(AttentionTracer.prepare(runtime, weights, 128), tokenizer);
  }

  @AfterAll
  static void close() {
    weights.close();
    runtime.close();
  }

  @Test
  void givesTheWeightsOfTheDefinition() {
    for (String text : List.of(ANIMAL, CAT)) {
      int[] tokens = tokenizer.encode(text).ids();
      AttentionMaps maps = inspector.maps(text);
      double[][] wanted =
          ReferenceTransformer.inDouble(weights).attentionWeights(tokens, new int[tokens.length]);
      for (int row = 0; row < wanted.length; row++) {
        int query = row % tokens.length;
        int head = row / tokens.length % maps.heads();
        int layer = row / tokens.length / maps.heads();
        double sum = 0;
        for (int key = 0; key < tokens.length; key++) {
          float weight = maps.weight(layer, head, query, key);
          assertEquals(wanted[row][key], weight, 1e-5, text);
          sum += weight;
        }
        assertEquals(1, sum, 1e-5);
      }
    }
  }

  @Test
  void hasHeadsForPositionDelimitersSyntaxAndCoreference() {
    List<HeadProfile> heads = HeadStudy.run(inspector);
    assertEquals(72, heads.size());
    HeadScore previous = heads.get(2).score("offset");
    assertEquals("offset-1", previous.pattern());
    assertTrue(previous.accuracy() > 0.99, previous.toString());
    assertEquals(HeadKind.POSITIONAL, heads.get(2).kind());
    assertEquals(HeadKind.DELIMITER, heads.get(3 * 12 + 3).kind());
    HeadProfile pronouns = heads.get(3 * 12 + 1);
    assertEquals(HeadKind.COREFERENCE, pronouns.kind());
    assertTrue(pronouns.named().contains(pronouns.score("obj")));
    assertTrue(pronouns.named().contains(pronouns.score("pobj")));
    Depth depth = Depth.of(heads);
    assertEquals(6, depth.layers().size());
    assertTrue(depth.sentence().contains("do not show that the three differ"), depth.sentence());
  }

  @Test
  void looksFromThePronounToTheAnimal() {
    for (String text : List.of(ANIMAL, CAT)) {
      WordMaps words = WordMaps.of(inspector.maps(text));
      int it = words.words().stream().map(Word::text).toList().indexOf("it");
      for (int[] head : new int[][] {{3, 1}, {5, 11}}) {
        double[] row = words.map(head[0], head[1])[it];
        assertEquals(1, words.mostAttended(row, it), text);
        assertTrue(row[1] > 0.4, text + ": " + row[1]);
      }
    }
  }
}
