package io.github.lanewise.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A word of a text: a run of letters and digits with its inner apostrophes and hyphens, or one
 * other sign.
 *
 * @param text as it stands in the text
 * @param begin where it begins, in chars
 * @param end where it ends, exclusive
 */
public record Word(String text, int begin, int end) {
  // Possessive: else a match takes a stack frame a hyphen.
  private static final Pattern WORD =
      Pattern.compile("[\\p{L}\\p{M}\\p{N}]++(?:['\u2019-][\\p{L}\\p{M}\\p{N}]++)*+|\\S");

  /** The words of a text, in order. */
  public static List<Word> of(String text) {
    List<Word> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.add(new Word(matcher.group(), matcher.start(), matcher.end()));
    }
    return List.copyOf(words);
  }

  /** Whether it is a sign between words. */
  public boolean isPunctuation() {
    return isPunctuation(text);
  }

  /** Whether a text has signs and no letter or digit. */
  static boolean isPunctuation(String text) {
    return !text.isBlank() && text.codePoints().noneMatch(Character::isLetterOrDigit);
  }
}
