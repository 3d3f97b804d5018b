package io.github.lanewise.inspect;

/**
 * Counts at which offset the token stands that a head attends to most, and whether it is a
 * delimiter. Queries are those of {@link HeadStatistics}; for delimiters, those that are none
 * themselves.
 */
final class PositionTrial {
  /** The farthest offset that a head may be named for, in tokens. */
  static final int REACH = 4;

  private static final double HALF = 0.5;

  private final int[][] atOffset;
  private final int[] atDelimiter;
  private final int[] delimiterAtOffset = new int[2 * REACH + 1];
  private int queries;
  private int words;
  private double chances;
  private double delimiterChances;

  PositionTrial(int heads) {
    atOffset = new int[heads][2 * REACH + 1];
    atDelimiter = new int[heads];
  }

  /** Counts the tokens of a text. */
  void add(AttentionMaps maps, TokenKinds kinds) {
    for (int q = 0; q < maps.queries().size(); q++) {
      if (!kinds.isAdded(q)) {
        addQuery(maps, kinds, q);
      }
    }
  }

  private void addQuery(AttentionMaps maps, TokenKinds kinds, int q) {
    int visible = maps.visible(q);
    boolean isWord = !kinds.isDelimiter(q);
    queries++;
    chances += 1.0 / visible;
    if (isWord) {
      words++;
      int delimiters = 0;
      for (int k = 0; k < visible; k++) {
        delimiters += kinds.isDelimiter(k) ? 1 : 0;
        if (kinds.isDelimiter(k) && Math.abs(k - q) <= REACH) {
          delimiterAtOffset[k - q + REACH]++;
        }
      }
      delimiterChances += (double) delimiters / visible;
    }
    for (int head = 0; head < atOffset.length; head++) {
      int key = mostAttended(maps, head, q);
      if (Math.abs(key - q) <= REACH) {
        atOffset[head][key - q + REACH]++;
      }
      if (isWord && kinds.isDelimiter(key)) {
        atDelimiter[head]++;
      }
    }
  }

  /** The score of a head's most frequent offset. */
  HeadScore positional(int head) {
    int best = REACH;
    for (int i = 0; i < atOffset[head].length; i++) {
      best = atOffset[head][i] > atOffset[head][best] ? i : best;
    }
    int hits = atOffset[head][best];
    String pattern = "offset%+d".formatted(best - REACH);
    double chance = chances / Math.max(1, queries);
    double p = Binomial.atLeast(hits, queries, HALF);
    return new HeadScore(HeadKind.POSITIONAL, pattern, queries, hits, HALF, chance, p);
  }

  /** The score of a head for looking at delimiters. */
  HeadScore delimiter(int head) {
    double baseline = HALF;
    for (int count : delimiterAtOffset) {
      baseline = Math.max(baseline, (double) count / Math.max(1, words));
    }
    double p = baseline < 1 ? Binomial.atLeast(atDelimiter[head], words, baseline) : 1;
    double chance = delimiterChances / Math.max(1, words);
    return new HeadScore(
        HeadKind.DELIMITER, "delimiter", words, atDelimiter[head], baseline, chance, p);
  }

  private static int mostAttended(AttentionMaps maps, int head, int query) {
    int layer = head / maps.heads();
    int inLayer = head % maps.heads();
    int best = 0;
    for (int k = 1; k < maps.visible(query); k++) {
      if (maps.weight(layer, inLayer, query, k) > maps.weight(layer, inLayer, query, best)) {
        best = k;
      }
    }
    return best;
  }
}
