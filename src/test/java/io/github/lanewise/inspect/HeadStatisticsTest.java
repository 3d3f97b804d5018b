package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lanewise.text.Token;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadStatisticsTest {
  private static final double EPS = 1e-7;

  @Test
  void agreesWithTheSumsOnPaper() {
    // [CLS] cats nap . [SEP]
    AttentionMaps maps =
        HandMade.maps(
            "Cats nap.",
            HandMade.tokens("Cats nap.", "Cats", "nap", "."),
            false,
            new double[][] {
              {1, 0, 0, 0, 0}, // not counted: the model adds it
              {0.5, 0.25, 0.125, 0.125, 0},
              {0.25, 0.5, 0, 0, 0.25},
              {0, 0, 0, 1, 0},
              {0, 0, 0, 0, 1}
            });
    HeadStatistics s = HeadStatistics.of(maps, 0, 0);
    assertEquals(3, s.queries());
    assertEquals((0.875 + 1.5 + 0) / 3, s.distance(), EPS);
    double ln2 = Math.log(2);
    assertEquals((1.75 * ln2 + 1.5 * ln2) / 3, s.entropy(), EPS);
    assertEquals(Math.log(5), s.uniformEntropy(), EPS);
    assertEquals((0.5 + 0.5 + 0) / 3, s.previous(), EPS);
    assertEquals((0.25 + 0 + 1) / 3, s.same(), EPS);
    assertEquals((0.125 + 0 + 0) / 3, s.next(), EPS);
    assertEquals(0.75 / 3, s.first(), EPS);
    assertEquals(0.75 / 3, s.addedBefore(), EPS);
    assertEquals(0.25 / 3, s.addedAfter(), EPS);
    assertEquals(1.125 / 3, s.punctuation(), EPS);
    assertEquals((0.75 + 0.25 + 1.125) / 3, s.delimiters(), EPS);
    assertEquals(3 / 5.0, s.delimiterTokens(), EPS);
    assertEquals(1, s.window(), EPS);
  }

  @Test
  void countsOnlyWhatACausalMaskShows() {
    List<Token> two = HandMade.tokens("a b", "a", "b").subList(1, 3);
    HeadStatistics s =
        HeadStatistics.of(
            HandMade.maps("a b", two, true, new double[][] {{1, 0}, {0.5, 0.5}}), 0, 0);
    assertEquals(2, s.queries());
    assertEquals(Math.log(2) / 2, s.uniformEntropy(), EPS);
    assertEquals(0.5, s.previous(), EPS, "of the one query that has a token before it");
    assertEquals(0, s.next());
    assertEquals(0.75, s.same(), EPS);
    assertEquals(0.25, s.distance(), EPS);
  }

  @Test
  void refusesMapsFromOneTextToAnother() {
    List<Token> a = HandMade.tokens("a", "a");
    AttentionMaps cross =
        new AttentionMaps("m", "a", a, "b", HandMade.tokens("b", "b"), false, 1, new float[][] {});
    assertThrows(IllegalArgumentException.class, () -> WordMaps.of(cross));
    AttentionMaps crossed =
        new AttentionMaps(
            "m", "a", a, "b", HandMade.tokens("b", "b"), false, 1, new float[][] {new float[9]});
    assertThrows(IllegalArgumentException.class, () -> HeadStatistics.of(crossed, 0, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> new AttentionMaps("m", "a", a, "a", a, false, 2, new float[][] {new float[9]}));
  }
}
