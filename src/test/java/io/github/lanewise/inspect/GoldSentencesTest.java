package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.inspect.GoldSentence.Link;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoldSentencesTest {
  private static final Set<String> PRONOUNS =
      Set.of("it", "he", "she", "they", "him", "her", "them");

  @Test
  void holdsEnoughOfEverything() {
    assertTrue(GoldSentences.syntax().size() >= 60);
    assertTrue(GoldSentences.coreference().size() >= 40);
    Map<Relation, List<Link>> links =
        all()
            .flatMap(sentence -> sentence.links().stream())
            .collect(Collectors.groupingBy(Link::relation));
    for (Relation relation : Relation.values()) {
      assertTrue(links.get(relation).size() >= 60, relation + ": " + links.get(relation).size());
    }
    assertEquals(Set.of(Relation.values()), links.keySet());
    Set<String> texts = all().map(GoldSentence::text).collect(Collectors.toSet());
    assertEquals(all().count(), texts.size(), "a sentence is there twice");
  }

  @Test
  void isNotWonByAFixedOffset() {
    Map<Relation, Double> most =
        Map.of(
            Relation.NSUBJ,
            0.5,
            Relation.OBJ,
            0.5,
            Relation.POBJ,
            0.5,
            Relation.COREF,
            0.25,
            // English leaves little choice: most adjectives stand right before their noun.
            Relation.AMOD,
            0.9);
    most.forEach((relation, share) -> assertTrue(bestOffset(relation) < share, relation + ""));
  }

  @Test
  void linksPronounsToWhatStandsForThem() {
    Set<String> seen = new HashSet<>();
    int first = 0;
    int links = 0;
    int nearestWordBefore = 0;
    for (GoldSentence sentence : GoldSentences.coreference()) {
      for (Link link : sentence.links()) {
        String pronoun = sentence.words().get(link.from()).text().toLowerCase(Locale.ROOT);
        assertTrue(PRONOUNS.contains(pronoun), sentence.text());
        seen.add(pronoun);
        links++;
        first += link.to() <= 1 ? 1 : 0;
        nearestWordBefore += link.to() == link.from() - 1 ? 1 : 0;
      }
    }
    assertEquals(PRONOUNS, seen);
    assertTrue(first < 0.65 * links, first + " of " + links + " are the first noun");
    assertTrue(nearestWordBefore < 0.1 * links);
  }

  @Test
  void readsLinksRepeatedWordsAndComments() {
    List<GoldSentence> sentences =
        GoldSentences.parse(
            "f",
            """
            # comment

            The dog saw the cat. | obj saw>cat; amod The>dog, the>cat
            A man and a man left. | nsubj left>man#2
            """);
    assertEquals(2, sentences.size());
    assertEquals(
        List.of(
            new Link(Relation.OBJ, 2, 4),
            new Link(Relation.AMOD, 0, 1),
            new Link(Relation.AMOD, 3, 4)),
        sentences.get(0).links());
    assertEquals(List.of(new Link(Relation.NSUBJ, 5, 4)), sentences.get(1).links());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        "The cat naps.@must be SENTENCE | RELATION FROM>TO",
        "| obj a>b@must be SENTENCE | RELATION FROM>TO",
        "The cat naps. | subject naps>cat@RELATION one of nsubj, obj, amod, pobj, coref",
        "The cat naps. | nsubj@must be RELATION FROM>TO",
        "The cat naps. | nsubj naps@\"naps\" must be FROM>TO",
        "The cat naps. | nsubj naps>dog@\"dog\" is no word of \"The cat naps.\"",
        "The cat naps. | nsubj cat>cat@links a word to itself",
        "The cat naps. | nsubj naps>cat, naps>cat@is there twice",
        "A man and a man. | coref and>man@\"man\" occurs 2 times, must be man#1 to man#2",
        "A man and a man. | coref and>man#3@\"man#3\" must be man#1 to man#2",
      })
  void saysWhatIsWrongAndWhere(String line, String message) {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class, () -> GoldSentences.parse("my.txt", "#\n" + line));
    assertTrue(wrong.getMessage().startsWith("my.txt, line 2: "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  private static Stream<GoldSentence> all() {
    return Stream.concat(GoldSentences.syntax().stream(), GoldSentences.coreference().stream());
  }

  private static double bestOffset(Relation relation) {
    Map<Integer, Long> counts =
        all()
            .flatMap(sentence -> sentence.links().stream())
            .filter(link -> link.relation() == relation)
            .collect(Collectors.groupingBy(link -> link.to() - link.from(), Collectors.counting()));
    long total = counts.values().stream().mapToLong(count -> count).sum();
    return counts.values().stream().mapToLong(count -> count).max().orElse(0) / (double) total;
  }
}
