package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.text.Token;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadScoresTest {
  private static final String TEXT = "a b c d";

  @Test
  void aHeadThatAlwaysLooksBackIsPositional() {
    PositionTrial trial = new PositionTrial(1);
    AttentionMaps maps = previous();
    for (int i = 0; i < 10; i++) {
      trial.add(maps, TokenKinds.of(maps));
    }
    HeadScore score = trial.positional(0);
    assertEquals("offset-1", score.pattern());
    assertEquals(40, score.items());
    assertEquals(40, score.hits());
    assertEquals(1 / 6.0, score.chance(), 1e-12);
    assertTrue(score.holds(72));
    HeadScore delimiter = trial.delimiter(0);
    assertEquals(10, delimiter.hits(), "only the first word looks at [CLS]");
    assertEquals(2 / 6.0, delimiter.chance(), 1e-12);
    assertFalse(delimiter.holds(72));
  }

  @Test
  void aHeadThatIsAsGoodAsAFixedOffsetGetsNoName() {
    WordMaps words = WordMaps.of(previous());
    LinkTrial trial = new LinkTrial(HeadKind.SYNTACTIC, "obj", 2);
    // Head 0 knows all answers, head 1 always looks back.
    int[][] answers = {{3, 3, 0, 1}, {1, 0, 1, 2}};
    for (int i = 0; i < 20; i++) {
      trial.ask(words, 1, 3, answers);
      trial.ask(words, 2, 0, answers);
      trial.ask(words, 3, 2, new int[][] {{0, 0, 0, 2}, {1, 0, 1, 2}});
    }
    trial.ask(words, 1, 1, answers); // a word is no answer to itself
    HeadScore[] scores = trial.scores();
    assertEquals(60, scores[0].items());
    assertEquals(60, scores[0].hits());
    assertEquals(20, scores[1].hits());
    assertEquals(1 / 3.0, scores[0].baseline(), 1e-12);
    assertEquals(1 / 3.0, scores[0].chance(), 1e-12);
    assertEquals(Math.pow(0.5, 40), scores[0].pValue(), 1e-15);
    assertTrue(scores[0].holds(72));
    assertFalse(scores[1].holds(72));
  }

  @Test
  void theMarginAndTheCorrectionBothCount() {
    assertTrue(score(0.61, 0.50, 1e-9).holds(72));
    assertFalse(score(0.59, 0.50, 1e-9).holds(72), "margin");
    assertFalse(score(0.90, 0.50, 1e-4).holds(72), "72 heads are many tries");
    assertTrue(score(0.90, 0.50, 1e-4).holds(12));
    assertFalse(new HeadScore(HeadKind.SYNTACTIC, "obj", 0, 0, 0, 0, 0).holds(1));
  }

  @Test
  void theLargestGainGivesTheName() {
    HeadStatistics none = new HeadSums().statistics();
    List<HeadScore> scores = List.of(score(0.7, 0.5, 0), score(0.6, 0.2, 0), score(0.9, 0.85, 0));
    HeadProfile head = HeadProfile.of(0, 3, none, scores, 72);
    assertEquals(List.of(scores.get(1), scores.get(0)), head.named());
    assertEquals(HeadKind.SYNTACTIC, head.kind());
    assertEquals(HeadKind.MIXED, HeadProfile.of(0, 3, none, scores.subList(2, 3), 72).kind());
  }

  private static HeadScore score(double accuracy, double baseline, double p) {
    return new HeadScore(
        HeadKind.SYNTACTIC, "obj", 100, (int) Math.round(100 * accuracy), baseline, 0.1, p);
  }

  private static AttentionMaps previous() {
    List<Token> tokens = HandMade.tokens(TEXT, "a", "b", "c", "d");
    double[][] rows = new double[6][6];
    for (int i = 0; i < 6; i++) {
      rows[i][Math.max(0, i - 1)] = 1;
    }
    return HandMade.maps(TEXT, tokens, false, rows);
  }
}
