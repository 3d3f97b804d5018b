package io.github.lanewise.kernel.pooling;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The mean of rows. Each column is one f32 sum over the rows from first to last, then one division:
 * |error| ≤ γ(rows)·Σ|x| / rows.
 */
public final class MeanKernel {
  private static final int WIDE = 4 * LANES;

  private MeanKernel() {}

  /**
   * out = Σ x[r] / rows for {@code rows} rows of {@code n} floats, at least one; {@code ldx} are
   * bytes from row to row.
   */
  public static void mean(long x, long ldx, int rows, int n, long out) {
    int i = 0;
    for (; i <= n - WIDE; i += WIDE) {
      long at = (long) i * Float.BYTES;
      wide(x + at, ldx, rows, out + at);
    }
    for (; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      narrow(x + at, ldx, rows, out + at, Math.min(LANES, n - i));
    }
  }

  /** Four vectors of columns. */
  private static void wide(long x, long ldx, int rows, long out) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long at = x;
    for (int r = 0; r < rows; r++) {
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).add(s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).add(s1);
      s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2L * BYTES, ORDER).add(s2);
      s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3L * BYTES, ORDER).add(s3);
      at += ldx;
    }
    FloatVector count = FloatVector.broadcast(FLOATS, rows);
    s0.div(count).intoMemorySegment(MEMORY, out, ORDER);
    s1.div(count).intoMemorySegment(MEMORY, out + BYTES, ORDER);
    s2.div(count).intoMemorySegment(MEMORY, out + 2L * BYTES, ORDER);
    s3.div(count).intoMemorySegment(MEMORY, out + 3L * BYTES, ORDER);
  }

  /** Up to a vector of columns. */
  private static void narrow(long x, long ldx, int rows, long out, int columns) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, columns);
    FloatVector sum = FloatVector.zero(FLOATS);
    long at = x;
    for (int r = 0; r < rows; r++) {
      sum = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, mask).add(sum);
      at += ldx;
    }
    sum.div(FloatVector.broadcast(FLOATS, rows)).intoMemorySegment(MEMORY, out, ORDER, mask);
  }
}
