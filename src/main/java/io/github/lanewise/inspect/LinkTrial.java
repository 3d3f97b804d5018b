package io.github.lanewise.inspect;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Asks all heads the same questions: to which word does this one lead? */
final class LinkTrial {
  private record Item(int from, int to, int words) {}

  private final HeadKind kind;
  private final String pattern;
  private final List<Item> items = new ArrayList<>();
  private final BitSet[] hits;
  private double chances;

  LinkTrial(HeadKind kind, String pattern, int heads) {
    this.kind = kind;
    this.pattern = pattern;
    hits = new BitSet[heads];
    for (int head = 0; head < heads; head++) {
      hits[head] = new BitSet();
    }
  }

  /**
   * Asks one question; not if the answer cannot be seen.
   *
   * @param answers the word that each head attends to most, {@code answers[head][from]}
   */
  void ask(WordMaps words, int from, int to, int[][] answers) {
    if (!words.isRead(from) || !words.isCandidate(from, to)) {
      return;
    }
    for (int head = 0; head < hits.length; head++) {
      hits[head].set(items.size(), answers[head][from] == to);
    }
    items.add(new Item(from, to, words.words().size()));
    chances += 1.0 / words.candidates(from);
  }

  /** The scores of all heads. */
  HeadScore[] scores() {
    BitSet baseline = bestOffset();
    HeadScore[] scores = new HeadScore[hits.length];
    double count = Math.max(1, items.size());
    for (int head = 0; head < scores.length; head++) {
      scores[head] =
          new HeadScore(
              kind,
              pattern,
              items.size(),
              hits[head].cardinality(),
              baseline.cardinality() / count,
              chances / count,
              signTest(hits[head], baseline));
    }
    return scores;
  }

  /** Where the fixed offset that is right most often is right. */
  private BitSet bestOffset() {
    int longest = items.stream().mapToInt(Item::words).max().orElse(0);
    BitSet best = new BitSet();
    for (int offset = -longest; offset <= longest; offset++) {
      BitSet right = new BitSet();
      for (int i = 0; i < items.size(); i++) {
        right.set(i, items.get(i).to() - items.get(i).from() == offset);
      }
      if (right.cardinality() > best.cardinality()) {
        best = right;
      }
    }
    return best;
  }

  private static double signTest(BitSet head, BitSet baseline) {
    BitSet headOnly = (BitSet) head.clone();
    headOnly.andNot(baseline);
    BitSet differ = (BitSet) head.clone();
    differ.xor(baseline);
    return Binomial.atLeast(headOnly.cardinality(), differ.cardinality(), 0.5);
  }
}
