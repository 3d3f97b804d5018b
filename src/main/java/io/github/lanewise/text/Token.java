package io.github.lanewise.text;

/**
 * One token, to look at.
 *
 * @param id its number in the vocabulary
 * @param text its entry in the vocabulary, such as {@code cat}, {@code ##s} or {@code [CLS]}
 * @param begin where it begins in the text, in chars; -1 for a token that the model adds
 * @param end where it ends in the text, exclusive; -1 for a token that the model adds. Several
 *     tokens may share the chars of one character
 */
public record Token(int id, String text, int begin, int end) {
  /** Whether the model adds it, so that it stands for no part of the text. */
  public boolean added() {
    return begin < 0;
  }
}
