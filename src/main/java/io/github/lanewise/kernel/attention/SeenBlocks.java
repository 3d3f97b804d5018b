package io.github.lanewise.kernel.attention;

import org.jspecify.annotations.Nullable;

/**
 * A {@link BlockPattern}, if there is one, as the queries and keys of a sequence meet it: where the
 * sequence is every d-th position of another, blocks are still squares of that other's positions.
 */
final class SeenBlocks {
  private final @Nullable BlockPattern pattern;
  private final AttentionSequence sequence;

  SeenBlocks(@Nullable BlockPattern pattern, AttentionSequence sequence) {
    this.pattern = pattern;
    this.sequence = sequence;
  }

  /** Whether there is a pattern. */
  boolean isGiven() {
    return pattern != null;
  }

  /**
   * The first key from {@code from} on that may be seen by any of the queries, at most {@code to}.
   */
  int first(int firstQuery, int lastQuery, int from, int to) {
    if (pattern == null || from >= to) {
      return Math.min(from, to);
    }
    int seen =
        pattern.firstSeen(
            row(pattern, firstQuery), row(pattern, lastQuery), place(from), place(to - 1) + 1);
    return Math.min(to, sequence.firstFrom(seen));
  }

  /** The end of the last key before {@code to} that may be seen by any, at least {@code from}. */
  int last(int firstQuery, int lastQuery, int from, int to) {
    if (pattern == null || from >= to) {
      return to;
    }
    int end =
        pattern.lastSeen(
            row(pattern, firstQuery), row(pattern, lastQuery), place(from), place(to - 1) + 1);
    return Math.max(from, sequence.firstFrom(end));
  }

  /** Whether the pattern hides key {@code key} from query {@code query}. */
  boolean hides(int query, int key) {
    return pattern != null && !pattern.sees(row(pattern, query), place(key) / pattern.size());
  }

  /** The first position after that of {@code key}, or of a query there, in another block. */
  int endOfBlock(int position) {
    if (pattern == null) {
      return Integer.MAX_VALUE;
    }
    long next = (place(position) / pattern.size() + 1L) * pattern.size();
    return sequence.firstFrom(next);
  }

  private int row(BlockPattern blocks, int query) {
    return place(sequence.position(query)) / blocks.size();
  }

  private int place(int position) {
    return sequence.place(position);
  }
}
