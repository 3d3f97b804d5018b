package io.github.lanewise.inspect;

import java.util.Comparator;
import java.util.List;

/**
 * All that is known of a head.
 *
 * @param layer counted from 0
 * @param head counted from 0 in its layer
 * @param statistics where it looks
 * @param scores one of each kind of pattern: its best offset, the relations, delimiter, semantic
 * @param named the scores that it may be named for, the largest gain first
 */
public record HeadProfile(
    int layer, int head, HeadStatistics statistics, List<HeadScore> scores, List<HeadScore> named) {
  static HeadProfile of(
      int layer, int head, HeadStatistics statistics, List<HeadScore> scores, int allHeads) {
    List<HeadScore> named =
        scores.stream()
            .filter(score -> score.holds(allHeads))
            .sorted(Comparator.comparingDouble(HeadScore::gain).reversed())
            .toList();
    return new HeadProfile(layer, head, statistics, List.copyOf(scores), named);
  }

  /** What it is for: the kind of the largest gain, or mixed. */
  public HeadKind kind() {
    return named.isEmpty() ? HeadKind.MIXED : named.getFirst().kind();
  }

  /** "layer.head", both counted from 0. */
  public String name() {
    return layer + "." + head;
  }

  /** The score of a pattern, or of the best offset for {@code offset}. */
  public HeadScore score(String pattern) {
    for (HeadScore score : scores) {
      if (score.pattern().startsWith(pattern)) {
        return score;
      }
    }
    throw new IllegalArgumentException("pattern is " + pattern + ", must be one of the scores'");
  }
}
