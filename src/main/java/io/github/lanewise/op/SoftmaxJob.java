package io.github.lanewise.op;

import io.github.lanewise.kernel.softmax.Scores;
import io.github.lanewise.kernel.softmax.SoftmaxKernel;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** One run of a softmax, in tasks of whole rows. */
final class SoftmaxJob extends Job {
  /** Bytes of scores that lie in L2 until their softmax is taken. */
  private static final long SCORE_BYTES = 64 << 10;

  private final float scale;
  private final boolean logarithm;
  private long x;
  private long ldx;
  private long mask;
  private long ldm;
  private long out;
  private long ldo;
  private int rows;
  private int columns;
  private int rowsPerTask;
  private boolean masked;
  private boolean limited;
  private int[] lengths = new int[0];

  SoftmaxJob(float scale, boolean logarithm) {
    this.scale = scale;
    this.logarithm = logarithm;
  }

  void run(
      Lanewise runtime,
      Matrix newX,
      @Nullable Matrix newMask,
      int @Nullable [] newLengths,
      Matrix newOut) {
    limited = newLengths != null;
    if (newLengths != null) {
      copyChecked(newLengths, newX.columns());
    }
    x = newX.address();
    ldx = newX.rowStride() * Float.BYTES;
    out = newOut.address();
    ldo = newOut.rowStride() * Float.BYTES;
    masked = newMask != null;
    if (newMask != null) {
      mask = newMask.address();
      ldm = newMask.rows() == 1 ? 0 : newMask.rowStride() * Float.BYTES;
    }
    rows = newOut.rows();
    columns = newOut.columns();
    rowsPerTask =
        RowOperation.rowsPerTask((long) columns * Float.BYTES, rows, runtime.team().threads());
    try {
      runtime.team().run(this, Math.ceilDiv(rows, rowsPerTask));
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(newX);
      Reference.reachabilityFence(newMask);
      Reference.reachabilityFence(newOut);
    }
  }

  /** Keeps a copy, since workers turn lengths into addresses and the caller may reuse its array. */
  private void copyChecked(int[] source, int limit) {
    if (lengths.length < source.length) {
      lengths = new int[source.length];
    }
    for (int i = 0; i < source.length; i++) {
      lengths[i] = source[i];
      if (lengths[i] < 0 || lengths[i] > limit) {
        throw new IllegalArgumentException(
            "lengths[" + i + "] is " + lengths[i] + ", must be 0 to " + limit);
      }
    }
  }

  @Override
  protected void task(int index, Scratch scratch) {
    long memory = scratch.require(SoftmaxKernel.scratchBytes(columns));
    int from = index * rowsPerTask;
    int to = Math.min(rows, from + rowsPerTask);
    if (limited) {
      limitedRows(from, to, memory);
    } else if (masked || !SoftmaxKernel.takes(scale)) {
      scoredRows(from, to, memory);
    } else {
      SoftmaxKernel.rows(
          x + from * ldx, ldx, out + from * ldo, ldo, to - from, columns, scale, logarithm, memory);
    }
  }

  private void limitedRows(int from, int to, long memory) {
    boolean direct = SoftmaxKernel.takes(scale);
    for (int row = from; row < to; row++) {
      int length = lengths[row];
      long source = x + row * ldx;
      long target = out + row * ldo;
      if (!direct) {
        Scores.scaled(source, target, length, scale);
        source = target;
      }
      SoftmaxKernel.rows(
          source, ldx, target, ldo, 1, length, direct ? scale : 1f, logarithm, memory);
      Scores.fill(
          target + (long) length * Float.BYTES,
          columns - length,
          logarithm ? Float.NEGATIVE_INFINITY : 0f);
    }
  }

  /** Scores into out, then their softmax in place, before they leave the cache. */
  private void scoredRows(int from, int to, long memory) {
    int step = Math.clamp(SCORE_BYTES / Math.max(1, (long) columns * Float.BYTES), 1, 1 << 20);
    for (int block = from; block < to; block += step) {
      int end = Math.min(to, block + step);
      for (int row = block; row < end; row++) {
        if (masked) {
          Scores.masked(x + row * ldx, mask + row * ldm, out + row * ldo, columns, scale);
        } else {
          Scores.scaled(x + row * ldx, out + row * ldo, columns, scale);
        }
      }
      long first = out + block * ldo;
      SoftmaxKernel.rows(first, ldo, first, ldo, end - block, columns, 1f, logarithm, memory);
    }
  }
}
