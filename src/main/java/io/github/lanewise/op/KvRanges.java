package io.github.lanewise.op;

import io.github.lanewise.memory.MatrixView;
import java.util.Arrays;

/**
 * Where the queries and keys of each sequence lie, for a call. Copies what a {@link KvView} refers
 * to before it checks it: workers turn these numbers into addresses, and a caller may change its
 * arrays at any time.
 */
final class KvRanges {
  private KvView.Form form = KvView.Form.ROWS;
  private int count;
  private int[] queryOffsets = new int[2];
  private int[] keyCounts = new int[1];

  /** First row, row of the oldest key in the ring, or first entry of the page table. */
  private int[] starts = new int[1];

  private int[] pages = new int[0];
  private int length;

  private long k;
  private long ldk;
  private long v;
  private long ldv;

  /** Keys in consecutive rows, at ranges that have been checked. */
  void rows(SequenceRanges ranges, MatrixView newK, MatrixView newV) {
    form = KvView.Form.ROWS;
    reserve(ranges.count());
    for (int s = 0; s < count; s++) {
      queryOffsets[s] = ranges.queryStart(s);
      queryOffsets[s + 1] = ranges.queryStart(s) + ranges.queryCount(s);
      starts[s] = ranges.keyStart(s);
      keyCounts[s] = ranges.keyCount(s);
    }
    locate(newK, newV);
  }

  /** Keys of a view that shows one sequence. */
  void one(KvView view, int queries) {
    form = view.form();
    length = view.length();
    reserve(1);
    queryOffsets[0] = 0;
    queryOffsets[1] = queries;
    copyKeys(view);
  }

  /** Keys of a view; query offsets as in a ragged batch. */
  void view(KvView view, int[] newQueryOffsets, int queries) {
    form = view.form();
    length = view.length();
    int sequences = newQueryOffsets.length - 1;
    reserve(Math.max(0, sequences));
    System.arraycopy(newQueryOffsets, 0, queryOffsets, 0, newQueryOffsets.length);
    SequenceRanges.checkOffsets("queryOffsets", queryOffsets, newQueryOffsets.length, queries);
    copyKeys(view);
  }

  private void copyKeys(KvView view) {
    copyCounts(view);
    switch (form) {
      case ROWS -> copyRows(view);
      case RINGS -> copyRings(view);
      case PAGES -> copyPages(view);
    }
    locate(view.k(), view.v());
  }

  int count() {
    return count;
  }

  int queryStart(int sequence) {
    return queryOffsets[sequence];
  }

  int queryCount(int sequence) {
    return queryOffsets[sequence + 1] - queryOffsets[sequence];
  }

  int keyCount(int sequence) {
    return keyCounts[sequence];
  }

  /**
   * Addresses of {@code n} keys and values of a sequence, the keys {@code from}, {@code from +
   * step} and so on, the shifts added that lead from the start of a row to a head.
   */
  void locate(
      int sequence,
      int from,
      int step,
      int n,
      long keyShift,
      long valueShift,
      long[] keys,
      long[] values) {
    int start = starts[sequence];
    int size = form == KvView.Form.ROWS ? Integer.MAX_VALUE : length;
    int first = form == KvView.Form.PAGES ? from : start + from;
    // The ring or page after so many others, and the row in it: divisions a key would show.
    int turn = first / size;
    int at = first % size;
    int stepTurns = step / size;
    int stepRest = step % size;
    for (int j = 0; j < n; j++) {
      long row =
          switch (form) {
            case ROWS -> at;
            case RINGS -> (long) sequence * length + at;
            case PAGES -> (long) pages[start + turn] * length + at;
          };
      keys[j] = k + row * ldk + keyShift;
      values[j] = v + row * ldv + valueShift;
      at += stepRest;
      turn += stepTurns;
      if (at >= size) {
        at -= size;
        turn++;
      }
    }
  }

  private void locate(MatrixView newK, MatrixView newV) {
    k = newK.address();
    ldk = newK.rowBytes();
    v = newV.address();
    ldv = newV.rowBytes();
  }

  private void reserve(int sequences) {
    count = sequences;
    if (keyCounts.length < sequences) {
      queryOffsets = new int[sequences + 1];
      keyCounts = new int[sequences];
      starts = new int[sequences];
    }
  }

  private void copyCounts(KvView view) {
    int[] counts = view.counts();
    if (counts == null) {
      requireLength("queryOffsets", count + 1, 2, "that of the one sequence of the view");
      Checks.atMost("rows of k", view.k().rows(), Attention.MAX_KEYS);
      keyCounts[0] = view.k().rows();
      return;
    }
    requireLength("counts", counts.length, count, "the number of sequences");
    System.arraycopy(counts, 0, keyCounts, 0, count);
    for (int s = 0; s < count; s++) {
      if (keyCounts[s] < 0 || keyCounts[s] > Attention.MAX_KEYS) {
        throw new IllegalArgumentException(
            "counts[%d] is %d, must be 0 to %d".formatted(s, keyCounts[s], Attention.MAX_KEYS));
      }
    }
  }

  private void copyRows(KvView view) {
    if (view.counts() == null) {
      starts[0] = 0;
      return;
    }
    requireLength("starts", view.starts().length, count, "the number of sequences");
    System.arraycopy(view.starts(), 0, starts, 0, count);
    for (int s = 0; s < count; s++) {
      if (starts[s] < 0 || starts[s] > view.k().rows() - keyCounts[s]) {
        throw new IllegalArgumentException(
            "starts[%d] is %d, with counts[%d] = %d rows it must lie within the %d rows of k"
                .formatted(s, starts[s], s, keyCounts[s], view.k().rows()));
      }
    }
  }

  private void copyRings(KvView view) {
    if ((long) count * length > view.k().rows()) {
      throw new IllegalArgumentException(
          "capacity is %d, for %d sequences it must be at most %d, as k has %d rows"
              .formatted(length, count, view.k().rows() / count, view.k().rows()));
    }
    requireLength("firsts", view.starts().length, count, "the number of sequences");
    System.arraycopy(view.starts(), 0, starts, 0, count);
    for (int s = 0; s < count; s++) {
      if (starts[s] < 0 || starts[s] >= length) {
        throw new IllegalArgumentException(
            "firsts[" + s + "] is " + starts[s] + ", must be 0 to " + (length - 1));
      }
      if (keyCounts[s] > length) {
        throw new IllegalArgumentException(
            "counts[%d] is %d, must be at most the capacity, %d"
                .formatted(s, keyCounts[s], length));
      }
    }
  }

  private void copyPages(KvView view) {
    int[][] tables = view.tables();
    requireLength("tables", tables.length, count, "the number of sequences");
    int poolPages = view.k().rows() / length;
    int entries = 0;
    for (int s = 0; s < count; s++) {
      int[] table = tables[s];
      int needed = (int) ((keyCounts[s] + (long) length - 1) / length);
      if (table.length < needed) {
        throw new IllegalArgumentException(
            "tables[%d] has length %d, must be at least %d for counts[%d] = %d keys"
                .formatted(s, table.length, needed, s, keyCounts[s]));
      }
      starts[s] = entries;
      entries = Math.addExact(entries, needed);
      if (pages.length < entries) {
        pages = Arrays.copyOf(pages, Math.max(entries, 2 * pages.length));
      }
      System.arraycopy(table, 0, pages, starts[s], needed);
      for (int i = 0; i < needed; i++) {
        int page = pages[starts[s] + i];
        if (page < 0 || page >= poolPages) {
          throw new IllegalArgumentException(
              "tables[%d][%d] is %d, must be 0 to %d".formatted(s, i, page, poolPages - 1));
        }
      }
    }
  }

  private static void requireLength(String name, int was, int mustBe, String what) {
    if (was != mustBe) {
      throw new IllegalArgumentException(
          name + " has length " + was + ", must be " + what + ", " + mustBe);
    }
  }
}
