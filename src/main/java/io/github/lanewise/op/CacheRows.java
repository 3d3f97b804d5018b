package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.KeyRows;

/** Where one key head of a sequence, or of one part of it, has its keys and values. Reusable. */
final class CacheRows implements KeyRows {
  private KvRanges ranges = new KvRanges();
  private int sequence;
  private int firstKey;
  private int step = 1;
  private long keyShift;
  private long valueShift;

  /** Every {@code newStep}-th key of a sequence, from {@code newFirstKey} on. */
  void keys(KvRanges newRanges, int newSequence, int newFirstKey, int newStep) {
    ranges = newRanges;
    sequence = newSequence;
    firstKey = newFirstKey;
    step = newStep;
  }

  /** Bytes from the start of a row to the head. */
  void head(long newKeyShift, long newValueShift) {
    keyShift = newKeyShift;
    valueShift = newValueShift;
  }

  @Override
  public void locate(int from, int count, long[] keys, long[] values) {
    long first = firstKey + (long) from * step;
    ranges.locate(sequence, (int) first, step, count, keyShift, valueShift, keys, values);
  }
}
