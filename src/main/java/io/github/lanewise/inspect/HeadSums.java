package io.github.lanewise.inspect;

/** Adds up what {@link HeadStatistics} are the means of, in double. */
final class HeadSums {
  private long queries;
  private long withPrevious;
  private long withNext;
  private double distance;
  private double entropy;
  private double uniformEntropy;
  private double previous;
  private double same;
  private double next;
  private double first;
  private double addedBefore;
  private double addedAfter;
  private double punctuation;
  private double delimiterTokens;
  private double window;

  /** Adds the rows of the text's own tokens. */
  void add(AttentionMaps maps, TokenKinds kinds, int layer, int head) {
    for (int q = 0; q < maps.queries().size(); q++) {
      if (!kinds.isAdded(q)) {
        addQuery(maps, kinds, layer, head, q);
      }
    }
  }

  private void addQuery(AttentionMaps maps, TokenKinds kinds, int layer, int head, int q) {
    int visible = maps.visible(q);
    int delimiters = 0;
    for (int k = 0; k < visible; k++) {
      double weight = maps.weight(layer, head, q, k);
      addKey(kinds, k, weight);
      distance += weight * Math.abs(q - k);
      entropy -= weight > 0 ? weight * Math.log(weight) : 0;
      window += Math.abs(q - k) <= HeadStatistics.WINDOW ? weight : 0;
      delimiters += kinds.isDelimiter(k) ? 1 : 0;
    }
    queries++;
    uniformEntropy += Math.log(visible);
    delimiterTokens += (double) delimiters / visible;
    same += maps.weight(layer, head, q, q);
    first += maps.weight(layer, head, q, 0);
    if (q > 0) {
      withPrevious++;
      previous += maps.weight(layer, head, q, q - 1);
    }
    if (q + 1 < visible) {
      withNext++;
      next += maps.weight(layer, head, q, q + 1);
    }
  }

  private void addKey(TokenKinds kinds, int key, double weight) {
    if (kinds.isAddedBefore(key)) {
      addedBefore += weight;
    } else if (kinds.isAddedAfter(key)) {
      addedAfter += weight;
    } else if (kinds.isPunctuation(key)) {
      punctuation += weight;
    }
  }

  /** The means; all 0 without queries. */
  HeadStatistics statistics() {
    double count = Math.max(1, queries);
    return new HeadStatistics(
        queries,
        distance / count,
        entropy / count,
        uniformEntropy / count,
        previous / Math.max(1, withPrevious),
        same / count,
        next / Math.max(1, withNext),
        first / count,
        addedBefore / count,
        addedAfter / count,
        punctuation / count,
        (addedBefore + addedAfter + punctuation) / count,
        delimiterTokens / count,
        window / count);
  }
}
