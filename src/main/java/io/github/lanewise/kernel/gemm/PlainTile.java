package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a {@link GemmTile} of 32-bit floats computes, to the same bits, as a loop over arrays, and
 * how its rows are packed: for the first moments of a process, see {@link #start}.
 *
 * <p>A register tile is interpreted until C2 has compiled it, every vector an object, and C2 has to
 * compile much of the Vector API first that nothing calls later; this loop is compiled at once. The
 * products of 8 tokens through MiniLM, two cores of Zen 3, took 0.65 s that way and take 0.14 s
 * this way.
 */
public final class PlainTile {
  /** Columns of a sum: as many scalars as stay in registers. */
  private static final int WIDTH = 4;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private static final AtomicLong LEFT = new AtomicLong();

  private PlainTile() {}

  /**
   * Has the next products of this JVM computed this way, until so many multiply-adds are done.
   *
   * @param multiplyAdds 0 for none; an int, so that what they take fits into arrays
   */
  public static void start(int multiplyAdds) {
    LEFT.set(multiplyAdds);
  }

  /**
   * Whether to compute a product this way, which counts it; the first that is too large ends it.
   */
  static boolean takes(Storage storage, long multiplyAdds) {
    if (LEFT.getPlain() == 0 || multiplyAdds == 0 || storage != Storage.F32 || LANES % WIDTH != 0) {
      return false;
    }
    return LEFT.getAndUpdate(left -> left < multiplyAdds ? 0 : left - multiplyAdds) >= multiplyAdds;
  }

  /**
   * Whether to pack rows of so many floats this way, which counts nothing: in a while that is left
   * for a product of them, so that a panel fits into an array.
   */
  static boolean packs(int k) {
    long left = LEFT.getPlain();
    return left > 0 && left >= (long) k * LANES;
  }

  /** What {@link Transposition#strip} does with a target stride of one vector. */
  static void transpose(int rows, int k, long a, long lda, long target) {
    float[] as = rows(rows, k, a, lda);
    float[] panel = new float[k * LANES];
    for (int lane = 0; lane < LANES; lane++) {
      column(as, Math.min(lane, rows - 1) * k, panel, lane, k);
    }
    MemorySegment.copy(panel, 0, MEMORY, FLOAT, target, panel.length);
  }

  private static void column(float[] as, int from, float[] panel, int lane, int k) {
    int to = lane;
    for (int i = from; i < from + k; i++) {
      panel[to] = as[i];
      to += LANES;
    }
  }

  /** The {@link GemmTile#setOrAdd} of a tile that finds its rows in this way. */
  static void compute(
      GemmTile.Layout layout,
      boolean sum,
      int rows,
      int vectors,
      long a,
      long lda,
      long b,
      long ldb,
      int k,
      long c,
      long ldc,
      long stepC) {
    boolean apart = layout == GemmTile.Layout.ROWS;
    int step = apart ? 1 : layout == GemmTile.Layout.PANELS ? LANES : rows;
    float[] as = apart ? rows(rows, k, a, lda) : floats(a, (k - 1) * step + rows);
    for (int v = 0; v < vectors; v++) {
      float[] panel = floats(b + v * ldb, k * LANES);
      for (int r = 0; r < rows; r++) {
        long target = c + r * ldc + v * stepC;
        float[] sums = sum ? floats(target, LANES) : new float[LANES];
        for (int column = 0; column < LANES; column += WIDTH) {
          multiply(as, apart ? r * k : r, step, panel, column, k, sums);
        }
        MemorySegment.copy(sums, 0, MEMORY, FLOAT, target, LANES);
      }
    }
  }

  private static float[] rows(int rows, int k, long a, long lda) {
    float[] floats = new float[rows * k];
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(MEMORY, FLOAT, a + r * lda, floats, r * k, k);
    }
    return floats;
  }

  private static float[] floats(long address, int count) {
    float[] floats = new float[count];
    MemorySegment.copy(MEMORY, FLOAT, address, floats, 0, count);
    return floats;
  }

  /** Adds the products of a row and {@link #WIDTH} columns of a panel. */
  private static void multiply(
      float[] a, int from, int step, float[] panel, int column, int k, float[] sums) {
    float s0 = sums[column];
    float s1 = sums[column + 1];
    float s2 = sums[column + 2];
    float s3 = sums[column + 3];
    int at = column;
    int end = from + k * step;
    for (int i = from; i < end; i += step) {
      float x = a[i];
      s0 = Math.fma(x, panel[at], s0);
      s1 = Math.fma(x, panel[at + 1], s1);
      s2 = Math.fma(x, panel[at + 2], s2);
      s3 = Math.fma(x, panel[at + 3], s3);
      at += LANES;
    }
    sums[column] = s0;
    sums[column + 1] = s1;
    sums[column + 2] = s2;
    sums[column + 3] = s3;
  }
}
