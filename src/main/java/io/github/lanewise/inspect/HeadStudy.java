package io.github.lanewise.inspect;

import io.github.lanewise.inspect.GoldSentence.Link;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What each head of a model does, over annotated sentences. A head is asked, for every link of a
 * relation, whether the word that it attends to most (of all other words of the sentence,
 * punctuation too, tokens that the model adds left out) is the link's other end.
 */
public final class HeadStudy {
  private final Inspector inspector;
  private final int heads;
  private final int layers;
  private final HeadSums[] sums;
  private final PositionTrial positions;
  private final Map<Relation, LinkTrial> relations = new EnumMap<>(Relation.class);
  private final LinkTrial semantic;

  private HeadStudy(Inspector inspector) {
    this.inspector = inspector;
    layers = inspector.config().layers();
    heads = inspector.config().heads();
    int all = layers * heads;
    sums = new HeadSums[all];
    for (int i = 0; i < all; i++) {
      sums[i] = new HeadSums();
    }
    positions = new PositionTrial(all);
    for (Relation relation : Relation.values()) {
      HeadKind kind = relation == Relation.COREF ? HeadKind.COREFERENCE : HeadKind.SYNTACTIC;
      relations.put(relation, new LinkTrial(kind, relation.key(), all));
    }
    semantic = new LinkTrial(HeadKind.SEMANTIC, "semantic", all);
  }

  /** Studies a model on Lanewise's own sentences. */
  public static List<HeadProfile> run(Inspector inspector) {
    List<GoldSentence> all = new ArrayList<>(GoldSentences.syntax());
    all.addAll(GoldSentences.coreference());
    return run(inspector, all);
  }

  /** Studies a model on sentences: its heads, layer after layer. */
  public static List<HeadProfile> run(Inspector inspector, List<GoldSentence> sentences) {
    HeadStudy study = new HeadStudy(inspector);
    for (GoldSentence sentence : sentences) {
      study.add(sentence);
    }
    return study.profiles();
  }

  private void add(GoldSentence sentence) {
    AttentionMaps maps = inspector.maps(sentence.text());
    TokenKinds kinds = TokenKinds.of(maps);
    for (int i = 0; i < sums.length; i++) {
      sums[i].add(maps, kinds, i / heads, i % heads);
    }
    positions.add(maps, kinds);
    WordMaps words = WordMaps.of(maps);
    int[][] answers = answers(words);
    for (Link link : sentence.links()) {
      relation(link.relation()).ask(words, link.from(), link.to(), answers);
    }
    askForMeaning(words, inspector.tokenVectors(maps), answers);
  }

  private void askForMeaning(WordMaps words, float[][] tokenVectors, int[][] answers) {
    NearestWords nearest = new NearestWords(words, tokenVectors);
    for (int from = 0; from < words.words().size(); from++) {
      int to = words.words().get(from).isPunctuation() ? -1 : nearest.of(from);
      if (to >= 0) {
        semantic.ask(words, from, to, answers);
      }
    }
  }

  /** The word that each head attends to most, [layer * heads + head][from]. */
  private int[][] answers(WordMaps words) {
    int[][] answers = new int[sums.length][words.words().size()];
    for (int i = 0; i < answers.length; i++) {
      double[][] map = words.map(i / heads, i % heads);
      for (int from = 0; from < map.length; from++) {
        answers[i][from] = words.mostAttended(map[from], from);
      }
    }
    return answers;
  }

  private LinkTrial relation(Relation relation) {
    LinkTrial trial = relations.get(relation);
    if (trial == null) {
      throw new IllegalStateException("no trial of " + relation);
    }
    return trial;
  }

  private List<HeadProfile> profiles() {
    List<HeadScore[]> byLink = new ArrayList<>();
    relations.values().forEach(trial -> byLink.add(trial.scores()));
    byLink.add(semantic.scores());
    List<HeadProfile> profiles = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      List<HeadScore> scores = new ArrayList<>();
      scores.add(positions.positional(i));
      for (HeadScore[] ofAll : byLink) {
        scores.add(ofAll[i]);
      }
      scores.add(positions.delimiter(i));
      profiles.add(
          HeadProfile.of(i / heads, i % heads, sums[i].statistics(), scores, layers * heads));
    }
    return List.copyOf(profiles);
  }
}
