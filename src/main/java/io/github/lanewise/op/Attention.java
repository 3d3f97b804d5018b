package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionSequence;
import io.github.lanewise.kernel.attention.CacheTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.parallel.Pool;
import java.lang.ref.Reference;

/**
 * Scaled dot-product attention, {@code softmax(scale · Q·Kᵀ)·V} for every head (Vaswani et al.
 * 2017), without a score matrix.
 *
 * <p>Shapes: {@code q} is {@code [queries, numHeads * headDim]}, {@code k} {@code [keys, numKvHeads
 * * headDim]}, {@code v} {@code [keys, numKvHeads * valueDim]} and {@code out} {@code [queries,
 * numHeads * valueDim]}: views with any row stride, so the parts of a packed QKV or a cache are
 * passed as they lie. Query and key counts may differ. Head h reads key head {@code h / (numHeads /
 * numKvHeads)}. Positions are aligned bottom-right: the last query stands at the last key, query i
 * at {@code i + keys - queries}; a causal mask, a window, a block mask and ALiBi all count from
 * there. A query that sees no key gets zeros; NaN in a key or value that a query does not see never
 * reaches it.
 *
 * <p>A sequence's result has the same bits with any number of threads, alone or in a batch. Few
 * queries are computed by another kernel than many, in another order: those whose number times
 * {@code numHeads / numKvHeads} is at most 8 (5 with at most 32 keys, 2 with at most 8; 16 with one
 * or two key heads and more than 2,048 keys), and a single query with more than 256 keys, in each
 * case without a dilation ({@link #decodes}). So a prompt decoded step by step agrees with the
 * prompt in one go within 1e-5 of the largest output. Matrices and all forms of a {@link KvView} of
 * the same f32 rows give the same bits. Safe for use by several threads at once; a run allocates
 * nothing on the heap. Scratch memory does not grow with the number of queries and keys.
 */
public final class Attention {
  /** Most keys of one call, and most rows of a cache that a {@link KvView} reads them from. */
  public static final int MAX_KEYS = 1 << 24;

  /** Largest dilation. */
  public static final int MAX_DILATION = 1 << 16;

  /** A window without an end. */
  public static final int UNBOUNDED = AttentionSequence.UNBOUNDED;

  private final Lanewise runtime;
  private final AttentionSpec spec;
  private final Pool<AttentionJob> jobs;
  private final Pool<AttentionJob> weightsJobs;
  private final Pool<DecodeJob> decodeJobs;

  private Attention(Lanewise runtime, AttentionSpec spec) {
    this.runtime = runtime;
    this.spec = spec;
    jobs = new Pool<>(() -> new AttentionJob(spec));
    weightsJobs = new Pool<>(() -> new AttentionJob(spec, 1));
    decodeJobs = new Pool<>(() -> new DecodeJob(spec));
  }

  /** Prepares attention of any number of queries and keys. */
  public static Attention prepare(Lanewise runtime, AttentionSpec spec) {
    return new Attention(runtime, spec);
  }

  /**
   * Whether a sequence of so many queries and keys is computed by the kernel for few queries; see
   * the class.
   */
  public static boolean decodes(AttentionSpec spec, int queries, int keys) {
    return DecodeJob.takes(spec, queries, keys);
  }

  /** Scratch memory that each thread uses, in bytes, whatever the number of queries and keys. */
  public static long scratchBytesPerThread(AttentionSpec spec) {
    return Math.max(
        CacheTile.scratchBytes(spec.headDim(), spec.valueDim()),
        DecodeJob.scratchBytesPerThread(spec));
  }

  /** Scratch memory that each thread uses, in bytes, whatever the number of queries and keys. */
  public long scratchBytesPerThread() {
    return scratchBytesPerThread(spec);
  }

  /**
   * Memory for partial results that a call uses for each sequence that it {@link #decodes}, in
   * bytes at most, whatever the number of queries and keys.
   */
  public static long partialBytesPerSequence(AttentionSpec spec) {
    return DecodeJob.partialBytesPerSequence(spec);
  }

  /**
   * Memory for partial results of a call, in bytes at most, however many sequences it has: 8 MiB,
   * or those of one sequence if they are more.
   */
  public static long partialBytes(AttentionSpec spec) {
    return DecodeJob.partialBytes(spec);
  }

  /** The {@link #run(Matrix, Matrix, Matrix, Matrix, AttentionExtras)} without extras. */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out) {
    run(q, k, v, out, AttentionExtras.none());
  }

  /**
   * Attention of one sequence.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong or {@code out} overlaps an
   *     input
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out, AttentionExtras extras) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.operands().ranges().one(q.rows(), k.rows());
    execute(job, q, k, v, out, extras);
  }

  /** A ragged batch without extras. */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out, int[] queryOffsets, int[] keyOffsets) {
    run(q, k, v, out, queryOffsets, keyOffsets, AttentionExtras.none());
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
  public void run(
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix out,
      int[] queryOffsets,
      int[] keyOffsets,
      AttentionExtras extras) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.operands().ranges().ragged(queryOffsets, keyOffsets, q.rows(), k.rows());
    execute(job, q, k, v, out, extras);
  }

  /** A ragged batch over a cache without extras. */
  public void run(
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix out,
      int[] queryOffsets,
      int[] keyStarts,
      int[] keyCounts) {
    run(q, k, v, out, queryOffsets, keyStarts, keyCounts, AttentionExtras.none());
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
      int[] keyCounts,
      AttentionExtras extras) {
    check(q, k, v, out);
    AttentionJob job = jobs.take();
    job.operands().ranges().inCache(queryOffsets, keyStarts, keyCounts, q.rows(), k.rows());
    execute(job, q, k, v, out, extras);
  }

  /** Attention of one sequence over a cache of any form, without extras. */
  public void run(Matrix q, KvView cache, Matrix out) {
    run(q, cache, out, AttentionExtras.none());
  }

  /** Attention of a ragged batch over caches of any form, without extras. */
  public void run(Matrix q, KvView cache, Matrix out, int[] queryOffsets) {
    run(q, cache, out, queryOffsets, AttentionExtras.none());
  }

  /**
   * Attention of one sequence over a cache of any form.
   *
   * @param cache keys {@code [rows, numKvHeads * headDim]} and values {@code [rows, numKvHeads *
   *     valueDim]} of one sequence
   * @throws IllegalArgumentException if the view's arrays are wrong, or as for matrices
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, KvView cache, Matrix out, AttentionExtras extras) {
    check(q, cache.k(), cache.v(), out);
    AttentionJob job = jobs.take();
    job.caches().one(cache, q.rows());
    execute(job, q, cache, out, extras);
  }

  /**
   * Attention of a ragged batch over caches of any form: sequence s has the queries {@code
   * queryOffsets[s]} to {@code queryOffsets[s + 1] - 1} and the keys that the view says.
   *
   * @throws IllegalArgumentException if the query offsets do not rise from 0 to the number of
   *     queries, the view's arrays are wrong, or as for matrices
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, KvView cache, Matrix out, int[] queryOffsets, AttentionExtras extras) {
    check(q, cache.k(), cache.v(), out);
    AttentionJob job = jobs.take();
    job.caches().view(cache, queryOffsets, q.rows());
    execute(job, q, cache, out, extras);
  }

  /**
   * The attention weights of one head of one sequence, {@code out [queries, keys]}: what each query
   * gives to each key, 0 where it does not see it. A row sums to 1, or less with a sink. Computed
   * apart from {@link #run}, which never holds them; {@code extras} may bring a bias and a mask,
   * and take logSumExp in the column of each of these heads.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong or {@code out} overlaps an
   *     input
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void weights(Matrix q, Matrix k, int head, Matrix out, AttentionExtras extras) {
    Checks.index("head", head, spec.numHeads());
    weights(q, k, head, 1, out, extras);
  }

  /** The attention weights of all heads: row {@code head * queries + i} is that of query i. */
  public void weights(Matrix q, Matrix k, Matrix out, AttentionExtras extras) {
    weights(q, k, 0, spec.numHeads(), out, extras);
  }

  private void weights(
      Matrix q, Matrix k, int head, int heads, Matrix out, AttentionExtras extras) {
    AttentionChecks.queriesAndKeys(spec, q, k);
    Checks.atMost("heads * rows of q", (long) heads * q.rows(), Matrix.MAX_SIZE);
    Checks.output("out", out, heads * q.rows(), k.rows());
    Checks.disjoint("q", q, "out", out);
    Checks.disjoint("k", k, "out", out);
    AttentionJob job = weightsJobs.take();
    job.operands().ranges().one(q.rows(), k.rows());
    check(job.operands().ranges(), q, k, k, out, extras);
    // Tiles write only what is seen.
    out.fill(0f);
    job.operands().inputs(q, k, k);
    job.operands().extras(extras);
    job.operands().weights(out, head, q.rows());
    try {
      job.run(runtime.team(), head, heads);
    } finally {
      Reference.reachabilityFence(q);
      Reference.reachabilityFence(k);
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(extras);
    }
    weightsJobs.give(job);
  }

  private void execute(
      AttentionJob job, Matrix q, Matrix k, Matrix v, Matrix out, AttentionExtras extras) {
    job.caches().rows(job.operands().ranges(), k, v);
    job.operands().inputs(q, k, v);
    job.fromMatrices();
    compute(job, q, k, v, out, extras);
  }

  private void execute(
      AttentionJob job, Matrix q, KvView cache, Matrix out, AttentionExtras extras) {
    job.operands().ranges().like(job.caches());
    job.operands().queries(q);
    job.fromCaches(cache.k().storage(), cache.v().storage());
    compute(job, q, cache.k(), cache.v(), out, extras);
  }

  /** Computes sequences of many queries on tiles, those of few by decoding. */
  private void compute(
      AttentionJob job, Matrix q, MatrixView k, MatrixView v, Matrix out, AttentionExtras extras) {
    check(job.operands().ranges(), q, k, v, out, extras);
    job.operands().output(out);
    job.operands().extras(extras);
    try {
      if (job.run(runtime.team())) {
        DecodeJob decode = decodeJobs.take();
        decode.set(job.caches(), q, k.storage(), v.storage(), out, extras);
        decode.run(runtime.team());
        decodeJobs.give(decode);
      }
    } finally {
      // Jobs hold addresses only: an automatic arena must not be collected under them.
      Reference.reachabilityFence(q);
      Reference.reachabilityFence(k);
      Reference.reachabilityFence(v);
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(extras);
    }
    jobs.give(job);
  }

  private void check(
      SequenceRanges ranges,
      Matrix q,
      MatrixView k,
      MatrixView v,
      Matrix out,
      AttentionExtras extras) {
    AttentionChecks.sequences(spec, ranges);
    AttentionChecks.extras(spec, ranges, q.rows(), out, extras);
    Matrix sums = extras.logSumExp();
    if (sums != null) {
      Checks.disjoint("q", q, "logSumExp", sums);
      Checks.disjoint("k", k, "logSumExp", sums);
      Checks.disjoint("v", v, "logSumExp", sums);
    }
  }

  private void check(Matrix q, MatrixView k, MatrixView v, Matrix out) {
    AttentionChecks.queriesAndKeys(spec, q, k);
    Checks.input("v", v, spec.numKvHeads() * spec.valueDim());
    Checks.rows("v", v, k.rows());
    Checks.output("out", out, q.rows(), spec.numHeads() * spec.valueDim());
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
