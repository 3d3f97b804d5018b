package io.github.lanewise.op;

/**
 * Where the queries and keys of each sequence of a batch lie. Copies what callers pass before it
 * checks it: workers turn these numbers into addresses, and a caller may reuse its arrays at any
 * time.
 */
final class SequenceRanges {
  private int count;
  private int[] queryOffsets = new int[2];
  private int[] keyStarts = new int[2];
  private int[] keyCounts = new int[1];

  /** One sequence. */
  void one(int queries, int keys) {
    count = 1;
    queryOffsets[0] = 0;
    queryOffsets[1] = queries;
    keyStarts[0] = 0;
    keyCounts[0] = keys;
  }

  /** Sequences that lie one after the other in queries and in keys. */
  void ragged(int[] newQueryOffsets, int[] newKeyOffsets, int queries, int keys) {
    queryOffsets = copy(newQueryOffsets, queryOffsets);
    keyStarts = copy(newKeyOffsets, keyStarts);
    checkOffsets("queryOffsets", queryOffsets, newQueryOffsets.length, queries);
    checkOffsets("keyOffsets", keyStarts, newKeyOffsets.length, keys);
    if (newQueryOffsets.length != newKeyOffsets.length) {
      throw new IllegalArgumentException(
          "keyOffsets has length "
              + newKeyOffsets.length
              + ", must be that of queryOffsets = "
              + newQueryOffsets.length);
    }
    count = newQueryOffsets.length - 1;
    if (keyCounts.length < count) {
      keyCounts = new int[count];
    }
    for (int s = 0; s < count; s++) {
      keyCounts[s] = keyStarts[s + 1] - keyStarts[s];
    }
  }

  /** Sequences whose keys lie anywhere in a cache. */
  void inCache(
      int[] newQueryOffsets, int[] newKeyStarts, int[] newKeyCounts, int queries, int keys) {
    queryOffsets = copy(newQueryOffsets, queryOffsets);
    keyStarts = copy(newKeyStarts, keyStarts);
    keyCounts = copy(newKeyCounts, keyCounts);
    checkOffsets("queryOffsets", queryOffsets, newQueryOffsets.length, queries);
    count = newQueryOffsets.length - 1;
    checkLength("keyStarts", newKeyStarts.length);
    checkLength("keyCounts", newKeyCounts.length);
    for (int s = 0; s < count; s++) {
      if (keyStarts[s] < 0 || keyCounts[s] < 0 || keyStarts[s] > keys - keyCounts[s]) {
        throw new IllegalArgumentException(
            "keys of sequence "
                + s
                + " start at "
                + keyStarts[s]
                + " and are "
                + keyCounts[s]
                + ", must lie within the "
                + keys
                + " rows of k");
      }
    }
  }

  /** The numbers of queries and keys of caches; where their keys lie is not known here. */
  void like(KvRanges caches) {
    count = caches.count();
    if (keyCounts.length < count) {
      keyCounts = new int[count];
    }
    if (queryOffsets.length <= count) {
      queryOffsets = new int[count + 1];
    }
    if (keyStarts.length < count) {
      keyStarts = new int[count];
    }
    queryOffsets[0] = 0;
    for (int s = 0; s < count; s++) {
      queryOffsets[s + 1] = caches.queryStart(s) + caches.queryCount(s);
      keyStarts[s] = 0;
      keyCounts[s] = caches.keyCount(s);
    }
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

  int keyStart(int sequence) {
    return keyStarts[sequence];
  }

  int keyCount(int sequence) {
    return keyCounts[sequence];
  }

  private static int[] copy(int[] source, int[] target) {
    int[] enough = target.length < source.length ? new int[source.length] : target;
    System.arraycopy(source, 0, enough, 0, Math.min(source.length, enough.length));
    return enough;
  }

  private void checkLength(String name, int length) {
    if (length != count) {
      throw new IllegalArgumentException(
          name + " has length " + length + ", must be the number of sequences, " + count);
    }
  }

  static void checkOffsets(String name, int[] offsets, int length, int rows) {
    if (length == 0 || offsets[0] != 0 || offsets[length - 1] != rows) {
      throw new IllegalArgumentException(
          name + " must begin with 0 and end with the number of rows, " + rows);
    }
    for (int s = 1; s < length; s++) {
      if (offsets[s] < offsets[s - 1]) {
        throw new IllegalArgumentException(
            name + "[" + s + "] is " + offsets[s] + ", must be at least " + offsets[s - 1]);
      }
    }
  }
}
