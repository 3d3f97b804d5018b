package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.LinearAttentionChunk;
import io.github.lanewise.kernel.attention.LinearAttentionHead;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.parallel.Pool;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Linear attention with the feature map φ(x) = elu(x) + 1 (Katharopoulos et al. 2020): a query
 * gives each key the weight φ(q)·φ(k), so that time grows with the number of tokens and a decoder
 * needs a state of fixed size in place of a cache.
 *
 * <p>Shapes as in {@link Attention}, with causal aligned bottom-right; there is no scale, since it
 * would cancel. A query that sees no key gets zeros; NaN in a key or value that a query does not
 * see never reaches it. Keys enter the sums one after the other in f32: the error of n keys is at
 * most about (n + headDim)·2⁻²³ of the weighted mean of |v|. Bits do not depend on the number of
 * threads. States do not depend on how a sequence is cut into calls, either; outputs do in their
 * last bits (1e-5 of the largest output at most), unless it is cut at multiples of {@link #CHUNK}.
 * Key heads, dimensions of their states and chunks of queries are spread over the threads. Safe for
 * use by several threads at once, each with states of its own; a run allocates nothing on the heap.
 */
public final class LinearAttention {
  /** Tokens that are computed together: a causal query reads those before its own as one state. */
  public static final int CHUNK = LinearAttentionChunk.TOKENS;

  private final Lanewise runtime;
  private final Spec spec;
  private final Pool<LinearAttentionJob> jobs;

  private LinearAttention(Lanewise runtime, Spec spec) {
    this.runtime = runtime;
    this.spec = spec;
    jobs = new Pool<>(() -> new LinearAttentionJob(spec));
  }

  /**
   * What to compute.
   *
   * @param numHeads query heads
   * @param numKvHeads key and value heads; divides {@code numHeads}
   * @param headDim floats of one head of queries and keys, 1 to 256
   * @param valueDim floats of one head of values, 1 to 256
   * @param causal whether later keys are hidden
   */
  public record Spec(int numHeads, int numKvHeads, int headDim, int valueDim, boolean causal) {
    /** Checks the values. */
    public Spec {
      AttentionChecks.heads(numHeads, numKvHeads, headDim, valueDim);
    }

    /** Values of the size of keys. */
    public static Spec of(int numHeads, int numKvHeads, int headDim, boolean causal) {
      return new Spec(numHeads, numKvHeads, headDim, headDim, causal);
    }
  }

  /** Prepares linear attention of any number of queries and keys. */
  public static LinearAttention prepare(Lanewise runtime, Spec spec) {
    return new LinearAttention(runtime, spec);
  }

  /** Scratch memory that each thread uses, in bytes, whatever the number of queries and keys. */
  public static long scratchBytesPerThread(Spec spec) {
    return LinearAttentionJob.scratchBytes(spec);
  }

  /** Scratch memory that each thread uses, in bytes, whatever the number of queries and keys. */
  public long scratchBytesPerThread() {
    return scratchBytesPerThread(spec);
  }

  /**
   * Memory for states that the threads of a call share where there are fewer key heads than keep
   * them busy, in bytes: at most 8 MiB, or two states of each key head if they are more.
   */
  public static long sharedBytes(Spec spec) {
    return LinearAttentionJob.sharedBytes(spec);
  }

  /**
   * An empty state of one sequence, to be passed to {@link #run(Matrix, Matrix, Matrix, Matrix,
   * Matrix)}: for each key head, headDim rows of Σ φ(k)·vᵀ and one row of Σ φ(k). It may be copied;
   * filled with zeros it is empty again.
   */
  public Matrix newState(Arena arena) {
    return Matrix.allocate(arena, stateRows(), stateColumns());
  }

  private int stateRows() {
    return Math.multiplyExact(spec.numKvHeads(), spec.headDim() + 1);
  }

  private int stateColumns() {
    return (int) (LinearAttentionHead.stride(spec.headDim(), spec.valueDim()) / Float.BYTES);
  }

  /**
   * Linear attention of one sequence.
   *
   * @throws IllegalArgumentException if a shape or alignment is wrong or {@code out} overlaps an
   *     input
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out) {
    check(q, k, v, out);
    execute(q, k, v, out, null);
  }

  /**
   * The next part of a sequence: takes the keys and values into the state, and has the queries read
   * it, query by query if causal.
   *
   * @throws IllegalArgumentException as for a whole sequence, or if {@code state} has not the shape
   *     of a {@link #newState} without gaps between rows
   * @throws IllegalStateException if an arena or the runtime is closed
   */
  public void run(Matrix q, Matrix k, Matrix v, Matrix out, Matrix state) {
    check(q, k, v, out);
    Checks.output("state", state, stateRows(), stateColumns());
    if (state.rowStride() != state.columns()) {
      throw new IllegalArgumentException(
          "state has rowStride " + state.rowStride() + ", must be " + state.columns());
    }
    Checks.disjoint("state", state, "q", q);
    Checks.disjoint("state", state, "k", k);
    Checks.disjoint("state", state, "v", v);
    Checks.disjoint("state", state, "out", out);
    execute(q, k, v, out, state);
  }

  private void check(Matrix q, Matrix k, Matrix v, Matrix out) {
    Checks.input("q", q, spec.numHeads() * spec.headDim());
    Checks.input("k", k, spec.numKvHeads() * spec.headDim());
    Checks.input("v", v, spec.numKvHeads() * spec.valueDim());
    Checks.rows("v", v, k.rows());
    Checks.output("out", out, q.rows(), spec.numHeads() * spec.valueDim());
    Checks.disjoint("q", q, "out", out);
    Checks.disjoint("k", k, "out", out);
    Checks.disjoint("v", v, "out", out);
  }

  private void execute(Matrix q, Matrix k, Matrix v, Matrix out, @Nullable Matrix state) {
    LinearAttentionJob job = jobs.take();
    job.set(q, k, v, out, state == null ? 0 : state.address());
    try {
      job.run(runtime.team());
    } finally {
      Reference.reachabilityFence(q);
      Reference.reachabilityFence(k);
      Reference.reachabilityFence(v);
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(state);
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
    return warmUp.run(
        WarmUp.all(
            List.of(
                call(warmUp, 1, 1),
                call(warmUp, 2, 5),
                call(warmUp, 9, 12),
                call(warmUp, 40, 35),
                call(warmUp, 35, 40))),
        call(warmUp, 40, 40));
  }

  /** A whole sequence, and the next part of one with and without queries. */
  private Runnable call(WarmUp warmUp, int queries, int keys) {
    Matrix q = warmUp.values(queries, spec.numHeads() * spec.headDim());
    Matrix k = warmUp.values(keys, spec.numKvHeads() * spec.headDim());
    Matrix v = warmUp.values(keys, spec.numKvHeads() * spec.valueDim());
    Matrix out = warmUp.output(queries, spec.numHeads() * spec.valueDim());
    Matrix state = warmUp.output(stateRows(), stateColumns());
    Matrix noQ = q.rowRange(0, 0);
    Matrix noOut = out.rowRange(0, 0);
    return () -> {
      run(q, k, v, out);
      run(q, k, v, out, state);
      run(noQ, k, v, noOut, state);
    };
  }
}
