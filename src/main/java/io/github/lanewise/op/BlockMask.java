package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.BlockPattern;
import io.github.lanewise.memory.Matrix;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Which blocks of keys each block of queries sees, in compressed rows. Blocks are squares of {@link
 * #blockSize()} positions; a query's position is that of the key that it stands at, bottom-right
 * aligned, so a chunk of a prompt sees what it would see in the whole. What no query of a tile sees
 * is not computed; sizes from 64 up waste least. Immutable.
 */
public final class BlockMask {
  private final BlockPattern pattern;

  private BlockMask(BlockPattern pattern) {
    this.pattern = pattern;
  }

  /**
   * A mask in compressed rows: block row r sees the blocks {@code columns[rowStarts[r]]} to {@code
   * columns[rowStarts[r + 1] - 1]}.
   *
   * @throws IllegalArgumentException unless {@code rowStarts} rises from 0 to the number of columns
   *     and the columns of each row ascend within 0 to rows - 1
   */
  public static BlockMask of(int blockSize, int[] rowStarts, int[] columns) {
    Checks.positive("blockSize", blockSize);
    int[] starts = rowStarts.clone();
    int[] copy = columns.clone();
    int rows = starts.length - 1;
    if (rows < 0 || starts[0] != 0 || starts[rows] != copy.length) {
      throw new IllegalArgumentException(
          "rowStarts must begin with 0 and end with the number of columns, " + copy.length);
    }
    if ((long) rows * blockSize > Attention.MAX_KEYS) {
      throw new IllegalArgumentException(
          "rowStarts make " + rows + " rows, must cover at most " + Attention.MAX_KEYS + " keys");
    }
    for (int r = 0; r < rows; r++) {
      if (starts[r + 1] < starts[r] || starts[r + 1] > copy.length) {
        throw new IllegalArgumentException(
            "rowStarts[" + (r + 1) + "] is " + starts[r + 1] + ", must not fall or pass the end");
      }
      for (int i = starts[r]; i < starts[r + 1]; i++) {
        int least = i == starts[r] ? 0 : copy[i - 1] + 1;
        if (copy[i] < least || copy[i] >= rows) {
          throw new IllegalArgumentException(
              "columns[%d] is %d, must be %d to %d".formatted(i, copy[i], least, rows - 1));
        }
      }
    }
    return new BlockMask(new BlockPattern(blockSize, starts, copy));
  }

  /**
   * BigBird's pattern (Zaheer et al. 2020): a window of blocks around the diagonal, global blocks
   * at the start that see all and are seen by all, and random blocks.
   *
   * @param positions keys that the mask covers at least
   * @param window blocks seen to each side of a query's own
   * @param global blocks at the start
   * @param random further blocks of each row, drawn from those not yet seen
   * @param seed the same seed draws the same blocks everywhere
   */
  public static BlockMask bigBird(
      int blockSize, int positions, int window, int global, int random, long seed) {
    int rows = rows(blockSize, positions);
    Checks.notNegative("window", window);
    Checks.notNegative("global", global);
    Checks.notNegative("random", random);
    SplittableRandom source = new SplittableRandom(seed);
    return ofRows(
        blockSize,
        rows,
        (r, seen) -> {
          seen.set(0, r < global ? rows : Math.min(global, rows));
          seen.set(Math.max(0, r - window), (int) Math.min(rows, r + window + 1L));
          int left = Math.min(random, rows - seen.cardinality());
          while (left > 0) {
            int column = source.nextInt(rows);
            if (!seen.get(column)) {
              seen.set(column);
              left--;
            }
          }
        });
  }

  /**
   * The strided pattern of sparse transformers (Child et al. 2019), not causal: a window of blocks
   * around the diagonal, and every {@code stride}-th block, the last of each stride.
   *
   * @param positions keys that the mask covers at least
   * @param window blocks seen to each side of a query's own
   */
  public static BlockMask strided(int blockSize, int positions, int window, int stride) {
    int rows = rows(blockSize, positions);
    Checks.notNegative("window", window);
    Checks.positive("stride", stride);
    return ofRows(
        blockSize,
        rows,
        (r, seen) -> {
          seen.set(Math.max(0, r - window), (int) Math.min(rows, r + window + 1L));
          for (long column = stride - 1L; column < rows; column += stride) {
            seen.set((int) column);
          }
        });
  }

  private static int rows(int blockSize, int positions) {
    Checks.positive("blockSize", blockSize);
    Checks.positive("positions", positions);
    Checks.atMost("positions", positions, Attention.MAX_KEYS);
    return Math.ceilDiv(positions, blockSize);
  }

  /** Sets the blocks that a row sees in an empty set. */
  private interface Row {
    void see(int row, BitSet seen);
  }

  /** Row by row, for all rows as sets would take rows squared bits. */
  private static BlockMask ofRows(int blockSize, int rows, Row row) {
    int[] starts = new int[rows + 1];
    int[] columns = new int[rows];
    BitSet seen = new BitSet(rows);
    for (int r = 0; r < rows; r++) {
      seen.clear();
      row.see(r, seen);
      long end = (long) starts[r] + seen.cardinality();
      Checks.atMost("blocks seen", end, Matrix.MAX_SIZE);
      starts[r + 1] = (int) end;
      if (end > columns.length) {
        columns = Arrays.copyOf(columns, (int) Math.min(2 * end, Matrix.MAX_SIZE));
      }
      int at = starts[r];
      for (int c = seen.nextSetBit(0); c >= 0; c = seen.nextSetBit(c + 1)) {
        columns[at++] = c;
      }
    }
    return of(blockSize, starts, Arrays.copyOf(columns, starts[rows]));
  }

  /** Positions of a block. */
  public int blockSize() {
    return pattern.size();
  }

  /** Rows, and columns, of blocks. */
  public int rows() {
    return pattern.rows();
  }

  /** Whether the queries of block {@code row} see the keys of block {@code column}. */
  public boolean sees(int row, int column) {
    Checks.index("row", row, rows());
    Checks.index("column", column, rows());
    return pattern.sees(row, column);
  }

  /** Blocks that the queries of block {@code row} see. */
  public int count(int row) {
    Checks.index("row", row, rows());
    return pattern.count(row);
  }

  /** Block {@code i}, counted from 0, of those that the queries of block {@code row} see. */
  public int column(int row, int i) {
    Checks.index("i", i, count(row));
    return pattern.column(row, i);
  }

  /** Blocks that are seen, of {@link #rows()} squared. */
  public long count() {
    long count = 0;
    for (int r = 0; r < rows(); r++) {
      count += pattern.count(r);
    }
    return count;
  }

  BlockPattern pattern() {
    return pattern;
  }

  @Override
  public String toString() {
    return "BlockMask[" + rows() + " x " + rows() + " blocks of " + blockSize() + "]";
  }
}
