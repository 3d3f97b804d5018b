package io.github.lanewise.inspect;

import java.util.List;

/**
 * A sentence with links between its words that a person has set.
 *
 * @param text the sentence
 * @param words its words
 * @param links from word to word
 */
public record GoldSentence(String text, List<Word> words, List<Link> links) {
  /**
   * A link.
   *
   * @param relation what it stands for
   * @param from index of a word
   * @param to index of another word
   */
  public record Link(Relation relation, int from, int to) {}
}
