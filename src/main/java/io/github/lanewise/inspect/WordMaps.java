package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;
import java.util.Arrays;
import java.util.List;

/**
 * Attention from word to word, as Clark et al. 2019 (section 4.1) make it of attention from token
 * to token: what is given <em>to</em> a word that was split is the sum over its tokens, what is
 * given <em>from</em> it is the mean over its tokens. Tokens that the model adds have no word, so
 * that the rows of a map sum to less than 1.
 */
public final class WordMaps {
  private final AttentionMaps maps;
  private final List<Word> words;
  private final int[] wordOf;
  private final int[] pieces;

  private WordMaps(AttentionMaps maps) {
    this.maps = maps;
    int end = maps.queries().stream().mapToInt(Token::end).max().orElse(0);
    words = Word.of(maps.queryText()).stream().filter(word -> word.begin() < end).toList();
    wordOf = new int[maps.queries().size()];
    pieces = new int[words.size()];
    for (int t = 0; t < wordOf.length; t++) {
      wordOf[t] = wordOf(maps.queries().get(t));
      if (wordOf[t] >= 0) {
        pieces[wordOf[t]]++;
      }
    }
  }

  /**
   * Words of a text that attends to itself.
   *
   * @throws IllegalArgumentException if the maps are from one text to another
   */
  public static WordMaps of(AttentionMaps maps) {
    if (!maps.isSelf()) {
      throw new IllegalArgumentException("maps lead from one text to another, must be of one text");
    }
    return new WordMaps(maps);
  }

  /** The text's words, up to the last one that the model read: a text may be truncated. */
  public List<Word> words() {
    return words;
  }

  /** Whether the model read the word: false past the end of a truncated text. */
  public boolean isRead(int word) {
    return word < pieces.length && pieces[word] > 0;
  }

  /** The word of a token, or -1. */
  int ofToken(int token) {
    return wordOf[token];
  }

  /** What each word gives to each word in a head, [from][to]. */
  public double[][] map(int layer, int head) {
    double[][] map = new double[words.size()][words.size()];
    for (int q = 0; q < wordOf.length; q++) {
      if (wordOf[q] < 0) {
        continue;
      }
      double[] row = map[wordOf[q]];
      for (int k = 0; k < wordOf.length; k++) {
        if (wordOf[k] >= 0) {
          row[wordOf[k]] += maps.weight(layer, head, q, k) / (double) pieces[wordOf[q]];
        }
      }
    }
    return map;
  }

  /**
   * How many words a word may be seen to look at: all others that were read, or those before it
   * where the mask is causal.
   */
  int candidates(int word) {
    int count = 0;
    for (int other = 0; other < words.size(); other++) {
      count += isCandidate(word, other) ? 1 : 0;
    }
    return count;
  }

  /** Whether {@code other} is among them. */
  boolean isCandidate(int word, int other) {
    return other != word && isRead(other) && (!maps.causal() || other < word);
  }

  /** The other word that gets most of a row of {@link #map}; the first of several; -1 if none. */
  public int mostAttended(double[] row, int word) {
    int best = -1;
    for (int other = 0; other < row.length; other++) {
      if (isCandidate(word, other) && (best < 0 || row[other] > row[best])) {
        best = other;
      }
    }
    return best;
  }

  /** The mean of the vectors of each word's tokens, [words][dimensions]. */
  double[][] mean(float[][] tokenVectors) {
    double[][] means = new double[words.size()][tokenVectors[0].length];
    for (int t = 0; t < wordOf.length; t++) {
      if (wordOf[t] >= 0) {
        for (int i = 0; i < tokenVectors[t].length; i++) {
          means[wordOf[t]][i] += tokenVectors[t][i] / (double) pieces[wordOf[t]];
        }
      }
    }
    return means;
  }

  /** The word that a token ends in: tokens may begin with the space before their word. */
  private int wordOf(Token token) {
    if (token.added() || token.begin() == token.end()) {
      return -1;
    }
    int last = token.end() - 1;
    int[] begins = words.stream().mapToInt(Word::begin).toArray();
    int at = Arrays.binarySearch(begins, last);
    int word = at >= 0 ? at : -at - 2;
    return word >= 0 && last < words.get(word).end() ? word : -1;
  }
}
