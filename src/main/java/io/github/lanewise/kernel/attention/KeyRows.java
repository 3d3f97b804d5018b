package io.github.lanewise.kernel.attention;

/** Where the keys and values of a sequence lie, whatever the form of the cache. */
public interface KeyRows {
  /**
   * Looks up the rows of the keys {@code from} to {@code from + count - 1}.
   *
   * @param keys receives the address of each key row, from index 0
   * @param values receives the address of each value row
   */
  void locate(int from, int count, long[] keys, long[] values);
}
