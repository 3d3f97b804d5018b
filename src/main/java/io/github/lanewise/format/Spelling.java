package io.github.lanewise.format;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** "Did you mean ...?" */
public final class Spelling {
  private static final int LONGEST_WORD = 40;

  private Spelling() {}

  /**
   * The word most like {@code typed}, or null when none is at most two edits away; case and _ do
   * not count.
   */
  public static @Nullable String nearest(String typed, List<String> words) {
    if (typed.length() > LONGEST_WORD) {
      return null;
    }
    String nearest = null;
    int least = 3;
    for (String word : words) {
      int distance = distance(plain(typed), plain(word));
      if (distance < least && distance < word.length() / 2) {
        least = distance;
        nearest = word;
      }
    }
    return nearest;
  }

  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  /** Insertions, deletions and replacements between two words (Levenshtein 1966). */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
