package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * From the rows of each sequence of a ragged batch to one row a sequence: a sentence's embedding
 * from its tokens' hidden states (Reimers and Gurevych 2019).
 *
 * <p>A column of a mean is one f32 sum over the rows in their order: |error| ≤ γ(rows)·Σ|x| / rows.
 * Normalising adds γ(columns + 4) of the result at most; rows of any size that f32 holds have unit
 * length, but a row shorter than 1e-12 is divided by 1e-12, and a row of zeros stays one. A
 * sequence's bits do not depend on its neighbours or on the number of threads. Safe for use by
 * several threads at once; a run allocates nothing on the heap.
 */
public final class Pooling {
  /** Which row stands for a sequence. */
  public enum Kind {
    /** The mean of its rows. */
    MEAN,
    /** Its first row, that of BERT's token [CLS]. */
    CLS
  }

  private final Lanewise runtime;
  private final Kind kind;
  private final boolean normalize;
  private final Pool<PoolingJob> jobs;

  private Pooling(Lanewise runtime, Kind kind, boolean normalize) {
    this.runtime = runtime;
    this.kind = kind;
    this.normalize = normalize;
    jobs = new Pool<>(() -> new PoolingJob(kind, normalize));
  }

  /**
   * Prepares pooling of rows of any length.
   *
   * @param normalize whether results are brought to unit length
   */
  public static Pooling prepare(Lanewise runtime, Kind kind, boolean normalize) {
    return new Pooling(runtime, kind, normalize);
  }

  /**
   * Computes {@code out [sequences, n]} from {@code x [rows, n]}; they must not overlap.
   *
   * @param offsets where each sequence begins in {@code x}, and the number of rows; a sequence
   *     without rows gives zeros
   * @throws IllegalArgumentException if an offset, a shape, alignment or overlap is wrong
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix x, int[] offsets, Matrix out) {
    PoolingJob job = jobs.take();
    job.set(x, offsets, out);
    try {
      job.run(runtime.team());
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(x);
      Reference.reachabilityFence(out);
    }
    jobs.give(job);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    WarmUp warmUp = new WarmUp();
    Pooling like = new Pooling(runtime, kind, normalize);
    List<Runnable> calls = new ArrayList<>();
    for (int columns : new int[] {384, 77, 5}) {
      Matrix x = warmUp.values(40, columns);
      x.rowRange(39, 1).fill(0);
      Matrix out = warmUp.output(5, columns);
      int[] offsets = {0, 1, 8, 39, 40, 40};
      calls.add(() -> like.run(x, offsets, out));
    }
    return warmUp.run(WarmUp.all(calls));
  }
}
