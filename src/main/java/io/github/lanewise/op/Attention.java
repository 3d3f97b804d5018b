package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;

/**
 * Scaled dot-product attention, {@code softmax(scale · Q·Kᵀ)·V} for every head (Vaswani et al.
 * 2017), without a score matrix.
 *
 * <p>Shapes: {@code q} and {@code out} are {@code [queries, numHeads * headDim]}, {@code k} and
 * {@code v} {@code [keys, numKvHeads * headDim]}: views with any row stride, so the parts of a
 * packed QKV or a cache are passed as they lie. Query and key counts may differ. Head h reads key
 * head {@code h / (numHeads / numKvHeads)}. A causal mask is aligned bottom-right: the last query
 * sees all keys, query i sees {@code i + 1 + keys - queries}. A query that sees no key gets zeros;
 * NaN in a key or value that a query does not see never reaches it.
 *
 * <p>A query's result has the same bits with any number of threads, alone or in a batch, in a
 * prompt or decoded step by step. Safe for use by several threads at once; a run allocates nothing
 * on the heap.
 */
public final class Attention {
  /** Most keys of one call. */
  public static final int MAX_KEYS = 1 << 24;

  private final Lanewise runtime;
  private final Spec spec;
  private final Pool<AttentionJob> jobs;

  private Attention(Lanewise runtime, Spec spec) {
    this.runtime = runtime;
    this.spec = spec;
    jobs = new Pool<>(() -> new AttentionJob(spec));
  }

  /**
   * What to compute.
   *
   * @param numHeads query heads
   * @param numKvHeads key and value heads; divides {@code numHeads}
   * @param headDim floats of one head, 1 to 256
   * @param causal whether later keys are hidden
   * @param scale factor of the scores, usually 1/√headDim
   */
  public record Spec(int numHeads, int numKvHeads, int headDim, boolean causal, float scale) {
    /** Checks the values. */
    public Spec {
      Checks.positive("numHeads", numHeads);
      Checks.positive("numKvHeads", numKvHeads);
      Checks.positive("headDim", headDim);
      if (numHeads % numKvHeads != 0) {
        throw new IllegalArgumentException(
            "numKvHeads is " + numKvHeads + ", must divide numHeads = " + numHeads);
      }
      if (headDim > AttentionTile.MAX_HEAD_DIM) {
        throw new IllegalArgumentException(
            "headDim is " + headDim + ", must be at most " + AttentionTile.MAX_HEAD_DIM);
      }
      if ((long) numHeads * headDim > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "numHeads * headDim is " + (long) numHeads * headDim + ", must be below 2^31");
      }
      if (!Float.isFinite(scale)) {
        throw new IllegalArgumentException("scale is " + scale + ", must be finite");
      }
    }

    /** Multi-head attention with the usual scale, 1/√headDim. */
    public static Spec of(int numHeads, int numKvHeads, int headDim, boolean causal) {
      return new Spec(numHeads, numKvHeads, headDim, causal, (float) (1 / Math.sqrt(headDim)));
    }
  }

  /** Prepares attention of any number of queries and keys. */
  public static Attention prepare(Lanewise runtime, Spec spec) {
    return new Attention(runtime, spec);
  }

  /** Scratch memory that each thread uses, in bytes, whatever the number of queries and keys. */
  public static long scratchBytesPerThread(Spec spec) {
    return AttentionTile.scratchBytes(spec.headDim());
  }

  /**
   * Attention of one sequence.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong or {@code out} overlaps an
   *     input
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.ranges().one(q.rows(), k.rows());
    execute(job, q, k, v, out);
  }

  /**
   * Attention of a ragged batch: sequence s has the queries {@code queryOffsets[s]} to {@code
   * queryOffsets[s + 1] - 1} and the keys {@code keyOffsets[s]} to {@code keyOffsets[s + 1] - 1}.
   * Empty sequences are allowed.
   *
   * @throws IllegalArgumentException if the offsets do not rise from 0 to the number of rows, or as
   *     for one sequence
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out, int[] queryOffsets, int[] keyOffsets) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.ranges().ragged(queryOffsets, keyOffsets, q.rows(), k.rows());
    execute(job, q, k, v, out);
  }

  /**
   * Attention of a ragged batch over a cache: sequence s has the queries {@code queryOffsets[s]} to
   * {@code queryOffsets[s + 1] - 1} and the keys {@code keyStarts[s]} to {@code keyStarts[s] +
   * keyCounts[s] - 1}. Rows of {@code k} and {@code v} outside these ranges are not read.
   *
   * @throws IllegalArgumentException if the query offsets do not rise from 0 to the number of
   *     queries, a range of keys lies outside {@code k}, or as for one sequence
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix out,
      int[] queryOffsets,
      int[] keyStarts,
      int[] keyCounts) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.ranges().inCache(queryOffsets, keyStarts, keyCounts, q.rows(), k.rows());
    execute(job, q, k, v, out);
  }

  private void execute(AttentionJob job, Matrix q, Matrix k, Matrix v, Matrix out) {
    job.set(q, k, v, out);
    try {
      job.run(runtime.team());
    } finally {
      // The job holds addresses only: an automatic arena must not be collected under it.
      Reference.reachabilityFence(q);
      Reference.reachabilityFence(k);
      Reference.reachabilityFence(v);
      Reference.reachabilityFence(out);
    }
    jobs.give(job);
  }

  private void check(Matrix q, Matrix k, Matrix v, Matrix out) {
    int width = spec.numHeads() * spec.headDim();
    int kvWidth = spec.numKvHeads() * spec.headDim();
    Checks.input("q", q, width);
    Checks.input("k", k, kvWidth);
    Checks.input("v", v, kvWidth);
    Checks.rows("v", v, k.rows());
    // The causal mask compares key indices as floats, which are exact up to here.
    Checks.atMost("rows of k", k.rows(), MAX_KEYS);
    Checks.output("out", out, q.rows(), width);
    Checks.disjoint("q", q, "out", out);
    Checks.disjoint("k", k, "out", out);
    Checks.disjoint("v", v, "out", out);
  }

  /**
   * Runs this operation on small data of its own until it runs compiled, see {@link
   * io.github.lanewise.op}.
   *
   * @return whether it came to that within ten seconds of processor time
   * @throws IllegalStateException if the runtime is closed
   */
  public boolean warmUp() {
    return new AttentionWarmUp(runtime, spec).run();
  }
}
