package io.github.lanewise.inspect;

import java.util.Locale;

/** Finds the word of the closest meaning: the largest cosine of the model's own token vectors. */
final class NearestWords {
  private final WordMaps words;
  private final double[][] vectors;

  NearestWords(WordMaps words, float[][] tokenVectors) {
    this.words = words;
    vectors = words.mean(tokenVectors);
  }

  /**
   * The nearest of the other words that can be seen, punctuation and the same word elsewhere left
   * out; -1 if there are fewer than two to choose from.
   */
  int of(int word) {
    int best = -1;
    int count = 0;
    double closest = 0;
    for (int other = 0; other < vectors.length; other++) {
      if (!words.isCandidate(word, other) || !isAnotherWord(word, other)) {
        continue;
      }
      count++;
      double cosine = cosine(vectors[word], vectors[other]);
      if (best < 0 || cosine > closest) {
        best = other;
        closest = cosine;
      }
    }
    return count < 2 ? -1 : best;
  }

  private boolean isAnotherWord(int word, int other) {
    return !words.words().get(other).isPunctuation() && !lower(word).equals(lower(other));
  }

  private String lower(int word) {
    return words.words().get(word).text().toLowerCase(Locale.ROOT);
  }

  private static double cosine(double[] a, double[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
  }
}
