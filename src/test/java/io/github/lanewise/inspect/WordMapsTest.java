package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.lanewise.text.Token;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordMapsTest {
  @Test
  void cutsWordsAndSigns() {
    List<String> words =
        Word.of("She didn't say: \"well-known\"…").stream().map(Word::text).toList();
    assertEquals(List.of("She", "didn't", "say", ":", "\"", "well-known", "\"", "…"), words);
  }

  @Test
  void takesNoStackFrameAHyphen() {
    assertEquals(2, Word.of("x a" + "-a".repeat(30_000)).size());
  }

  @Test
  void sumsWhatIsGivenToTheTokensOfAWordAndAveragesWhatTheyGive() {
    // [CLS] un happy cat [SEP]: "unhappy" has two tokens.
    String text = "unhappy cat";
    WordMaps words =
        WordMaps.of(
            HandMade.maps(
                text,
                HandMade.tokens(text, "un", "happy", "cat"),
                false,
                new double[][] {
                  {1, 0, 0, 0, 0},
                  {0.5, 0.25, 0, 0.25, 0},
                  {0, 0, 0.25, 0.75, 0},
                  {0.125, 0.25, 0.5, 0.125, 0},
                  {0, 0, 0, 0, 1}
                }));
    double[][] map = words.map(0, 0);
    assertArrayEquals(new double[] {0.25, 0.5}, map[0], 1e-7);
    assertArrayEquals(new double[] {0.75, 0.125}, map[1], 1e-7);
    assertEquals(1, words.mostAttended(map[0], 0));
    assertEquals(0, words.mostAttended(map[1], 1));
    assertEquals(1, words.candidates(0));
  }

  @Test
  void placesTokensThatBeginWithASpaceAndWordsThatAreCutOff() {
    String text = "a  cat naps";
    List<Token> tokens =
        List.of(new Token(1, "a", 0, 1), new Token(2, " ", 1, 2), new Token(3, " cat", 2, 6));
    double[][] rows = {{1, 0, 0}, {0.5, 0.5, 0}, {0.25, 0.5, 0.25}};
    WordMaps words = WordMaps.of(HandMade.maps(text, tokens, true, rows));
    assertEquals(0, words.ofToken(0));
    assertEquals(-1, words.ofToken(1));
    assertEquals(1, words.ofToken(2));
    assertEquals(2, words.words().size());
    assertFalse(words.isRead(2));
    assertEquals(0, words.candidates(0), "nothing stands before the first word");
    assertEquals(-1, words.mostAttended(words.map(0, 0)[0], 0));
    assertEquals(0, words.mostAttended(words.map(0, 0)[1], 1));
  }
}
