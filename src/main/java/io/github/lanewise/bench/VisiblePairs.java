package io.github.lanewise.bench;

import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.BlockMask;

/** Which keys the queries of a sequence see: what attention must compute, and read. */
final class VisiblePairs {
  private final AttentionSpec spec;
  private final int queries;
  private final int keys;

  VisiblePairs(AttentionSpec spec, int queries, int keys) {
    this.spec = spec;
    this.queries = queries;
    this.keys = keys;
  }

  /** Pairs of a query and a key that it sees. */
  double count() {
    BlockMask mask = spec.blockMask();
    if (mask == null && spec.left() == Attention.UNBOUNDED && spec.right() == Attention.UNBOUNDED) {
      return (double) queries * keys;
    }
    double pairs = 0;
    for (int query = 0; query < queries; query++) {
      long first = first(query);
      long end = end(query);
      pairs += mask == null ? Math.max(0, end - first) : inBlocks(mask, query, first, end);
    }
    return pairs;
  }

  /** Keys from the first that any query may see to the last. */
  int keysInReach() {
    return queries == 0 ? 0 : (int) Math.max(0, end(queries - 1) - first(0));
  }

  private long position(int query) {
    return (long) query + keys - queries;
  }

  private long first(int query) {
    return Math.max(0, position(query) - spec.left());
  }

  private long end(int query) {
    return Math.min(keys, position(query) + spec.right() + 1);
  }

  private long inBlocks(BlockMask mask, int query, long first, long end) {
    int size = mask.blockSize();
    int row = (int) (position(query) / size);
    long seen = 0;
    for (int i = 0; i < mask.count(row); i++) {
      long from = (long) mask.column(row, i) * size;
      seen += Math.max(0, Math.min(end, from + size) - Math.max(first, from));
    }
    return seen;
  }
}
