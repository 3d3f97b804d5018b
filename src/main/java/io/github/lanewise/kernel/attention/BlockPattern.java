package io.github.lanewise.kernel.attention;

import java.util.Arrays;

/**
 * Which blocks of keys each block of queries sees, in compressed rows: row r sees the blocks {@code
 * columns[starts[r]]} to {@code columns[starts[r + 1] - 1]}, ascending. Blocks are squares of
 * {@code size} positions. Immutable.
 */
public final class BlockPattern {
  private final int size;
  private final int[] starts;
  private final int[] columns;

  /** A pattern; the arrays are not copied, and must be valid. */
  public BlockPattern(int size, int[] starts, int[] columns) {
    this.size = size;
    this.starts = starts;
    this.columns = columns;
  }

  /** Positions of a block. */
  public int size() {
    return size;
  }

  /** Rows of blocks. */
  public int rows() {
    return starts.length - 1;
  }

  /** Blocks that row {@code row} sees. */
  public int count(int row) {
    return starts[row + 1] - starts[row];
  }

  /** Block {@code i} of those that row {@code row} sees. */
  public int column(int row, int i) {
    return columns[starts[row] + i];
  }

  /** Whether row {@code row} sees block {@code column}. */
  public boolean sees(int row, int column) {
    return Arrays.binarySearch(columns, starts[row], starts[row + 1], column) >= 0;
  }

  /** The first key from {@code from} on that any of the rows sees, at most {@code to}. */
  int firstSeen(int firstRow, int lastRow, int from, int to) {
    int first = to;
    for (int row = firstRow; row <= lastRow; row++) {
      int at = atOrAfter(row, from / size);
      if (at < starts[row + 1]) {
        first = Math.min(first, Math.max(from, columns[at] * size));
      }
    }
    return first;
  }

  /** The end of the last key before {@code to} that any of the rows sees, at least {@code from}. */
  int lastSeen(int firstRow, int lastRow, int from, int to) {
    int last = from;
    for (int row = firstRow; row <= lastRow; row++) {
      int at = atOrAfter(row, (to - 1) / size + 1) - 1;
      if (at >= starts[row]) {
        last = Math.max(last, (int) Math.min(to, (columns[at] + 1L) * size));
      }
    }
    return last;
  }

  private int atOrAfter(int row, int column) {
    int at = Arrays.binarySearch(columns, starts[row], starts[row + 1], column);
    return at >= 0 ? at : -at - 1;
  }
}
