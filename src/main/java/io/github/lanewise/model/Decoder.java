package io.github.lanewise.model;

import static io.github.lanewise.model.PartTimes.Part.LOGITS;
import static io.github.lanewise.model.PartTimes.Part.NORMS;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Softcap;
import io.github.lanewise.parallel.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only transformer: from tokens to the logits of the next one. Blocks of the GPT-2 form
 * (Radford et al. 2019), the Llama form (Touvron et al. 2023) and what the config makes of their
 * parts, the states of an encoder included that its layers may look at ({@link #keepSource}).
 *
 * <p>Immutable; any number of threads may run forward passes at once, each with a cache of its own.
 * Alone or in a batch, with any number of threads: the logits have the same bits. A prompt in one
 * pass, in chunks or token by token agrees within 1e-5 of the largest logit. A repeated pass
 * allocates nothing on the heap. What is wrong with the arguments is found before anything is
 * written.
 */
public final class Decoder {
  private final ModelConfig config;
  private final int maxTokens;
  private final Stack stack;
  private final @Nullable Normalization finalNorm;
  private final Gemm logits;
  private final float scale;
  private final @Nullable Softcap softcap;
  private final Pool<Workspace> workspaces;

  private final Weights weights;

  private Decoder(Lanewise runtime, Weights weights, int maxTokens) {
    this.maxTokens = maxTokens;
    this.weights = weights;
    config = weights.config();
    stack = new Stack(runtime, weights, weights);
    finalNorm =
        config.norm().atEnd() ? Normalization.prepare(runtime, weights, Tensor.FINAL_NORM) : null;
    String table = config.tiedEmbeddings() ? Tensor.TOKENS : Tensor.LOGITS;
    logits = Gemm.prepare(runtime, weights.linear(table));
    scale = (float) config.scaling().logits();
    float cap = (float) config.scaling().logitSoftcap();
    softcap = cap == 0 ? null : Softcap.prepare(runtime, cap);
    workspaces = new Pool<>(() -> new Workspace(config, maxTokens));
  }

  /**
   * Prepares forward passes.
   *
   * @param weights must stay open as long as the decoder is used
   * @param maxTokens most tokens of one pass, all sequences together
   * @throws IllegalArgumentException if the weights are not those of a decoder or {@code maxTokens}
   *     is not positive
   */
  public static Decoder prepare(Lanewise runtime, Weights weights, int maxTokens) {
    ModelConfig config = weights.config();
    Checks.require(
        config.kind() == ModelConfig.Kind.DECODER,
        "weights are of kind \"" + ModelConfig.key(config.kind()) + "\", must be of a decoder");
    Checks.require(maxTokens >= 1, "maxTokens is " + maxTokens + ", must be at least 1");
    return new Decoder(runtime, weights, maxTokens);
  }

  /** The architecture. */
  public ModelConfig config() {
    return config;
  }

  /** As {@link #newCache(int, int)}, for one sequence. */
  public KvCache newCache(int capacity) {
    return newCache(1, capacity);
  }

  /**
   * An empty cache for {@code sequences} sequences of up to {@code capacity} tokens each, as {@link
   * KvCache#allocate} makes it, stored as the weights' {@link Storing} says. Tables of positions
   * grow to the capacity here.
   */
  public KvCache newCache(int sequences, int capacity) {
    KvCache cache = KvCache.allocate(config, weights.storing().cache(), sequences, capacity);
    stack.ensurePositions(capacity);
    return cache;
  }

  /**
   * An empty cache for one sequence of up to {@code capacity} tokens that look at up to {@code
   * source} states of an encoder, as {@link KvCache#allocateWithSource} makes it.
   */
  public KvCache newCacheWithSource(int source, int capacity) {
    KvCache cache = KvCache.allocateWithSource(config, source, capacity);
    stack.ensurePositions(capacity);
    return cache;
  }

  /**
   * Has all tokens to come look at the states of an encoder: computes their keys and values in
   * every layer, once, and keeps them. The cache forgets its tokens.
   *
   * @param states [states, dModel]
   * @param cache made by {@link #newCacheWithSource}
   * @param times where the time is added
   * @throws IllegalArgumentException if a shape is wrong or the states do not fit the cache
   * @throws IllegalStateException if the weights, the cache or the runtime are closed, or the cache
   *     is in use or has no room for states
   */
  public void keepSource(Matrix states, KvCache cache, PartTimes times) {
    cache.check(config);
    if (states.columns() != config.dModel()) {
      throw new IllegalArgumentException(
          "states has " + states.columns() + " columns, must have dModel = " + config.dModel());
    }
    weights.enter();
    try {
      SourceKeys kept = cache.acquireSource(states.rows());
      try {
        stack.keep(states, kept, times);
        kept.commit();
      } finally {
        cache.release();
      }
    } finally {
      weights.exit();
    }
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}. Reads and writes nothing of the caller's.
   *
   * @return whether all of them came to run compiled
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public boolean warmUp() {
    weights.enter();
    try {
      return stack.warmUp()
          && (finalNorm == null || finalNorm.warmUp())
          && logits.warmUp()
          && (softcap == null || softcap.warmUp());
    } finally {
      weights.exit();
    }
  }

  /** As {@link #forward(int[], KvCache, Matrix, PartTimes)}, without taking times. */
  public void forward(int[] tokens, KvCache cache, Matrix logits) {
    pass(tokens, null, cache, logits, false, null, null);
  }

  /**
   * Appends {@code tokens} to the one sequence of {@code cache}.
   *
   * @param tokens 1 to maxTokens token ids
   * @param logits output, [1, vocabulary]: those of the last token
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a token, a shape or the remaining capacity of the cache is
   *     wrong
   * @throws IllegalStateException if the weights, the cache or the runtime are closed, or the cache
   *     is in use
   */
  public void forward(int[] tokens, KvCache cache, Matrix logits, PartTimes times) {
    pass(tokens, null, cache, logits, false, times, null);
  }

  /**
   * Appends {@code tokens} to the one sequence of {@code cache} and computes no logits: for all
   * parts of a long prompt but the last, so that activations grow with the part and not with the
   * prompt.
   *
   * @param tokens 1 to maxTokens token ids
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a token or the remaining capacity of the cache is wrong
   * @throws IllegalStateException if the weights, the cache or the runtime are closed, or the cache
   *     is in use
   */
  public void append(int[] tokens, KvCache cache, PartTimes times) {
    pass(tokens, null, cache, null, false, times, null);
  }

  /**
   * Appends tokens to each sequence of {@code cache}: a ragged batch.
   *
   * @param tokens token ids of all sequences, one after the other, at most maxTokens
   * @param offsets where each sequence begins in {@code tokens}, and the number of tokens; every
   *     sequence has a token
   * @param logits output, [sequences, vocabulary]: those of the last token of each sequence
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a token, an offset, a shape or the remaining capacity of
   *     the cache is wrong
   * @throws IllegalStateException if the weights, the cache or the runtime are closed, or the cache
   *     is in use
   */
  public void forward(int[] tokens, int[] offsets, KvCache cache, Matrix logits, PartTimes times) {
    pass(tokens, offsets, cache, logits, false, times, null);
  }

  /**
   * As {@link #forward(int[], KvCache, Matrix, PartTimes)}, with the logits of every token.
   *
   * @param logits output, [tokens, vocabulary]
   */
  public void forwardAll(int[] tokens, KvCache cache, Matrix logits, PartTimes times) {
    pass(tokens, null, cache, logits, true, times, null);
  }

  /**
   * As {@link #forward(int[], KvCache, Matrix)}, and gives the attention weights of all layers and
   * heads, those to an encoder's states included.
   *
   * @param emptyCache without tokens; an encoder's states it may have
   */
  public AttentionTrace trace(int[] tokens, KvCache emptyCache, Matrix logits) {
    if (emptyCache.length(0) > 0) {
      throw new IllegalArgumentException(
          "emptyCache holds %d tokens, must hold none".formatted(emptyCache.length(0)));
    }
    AttentionTrace trace =
        config.attention().cross()
            ? AttentionTrace.withCross(config, tokens.length, emptyCache.source().states())
            : new AttentionTrace(config, tokens.length);
    pass(tokens, null, emptyCache, logits, false, null, trace);
    return trace;
  }

  /**
   * The greedy choice: the first id whose logit is largest. A NaN counts as largest, so that it
   * shows.
   */
  public static int argmax(Matrix logits, int row) {
    int best = 0;
    for (int id = 1; id < logits.columns(); id++) {
      if (Float.compare(logits.get(row, id), logits.get(row, best)) > 0) {
        best = id;
      }
    }
    return best;
  }

  private void pass(
      int[] tokens,
      int @Nullable [] offsets,
      KvCache cache,
      @Nullable Matrix logits,
      boolean all,
      @Nullable PartTimes times,
      @Nullable AttentionTrace trace) {
    TokenChecks.tokens(tokens, maxTokens, config);
    weights.enter();
    Workspace workspace = workspaces.take();
    try {
      Activations a = workspace.activations(tokens.length);
      int[] where = offsets == null ? a.oneSequence() : offsets;
      check(tokens, where, cache, logits, all);
      cache.acquire(where, a.positions());
      try {
        stack.ensurePositions(cache.capacity());
        forward(
            tokens,
            where,
            cache,
            logits,
            all,
            workspace,
            times == null ? workspace.times() : times,
            trace);
        cache.commit();
      } finally {
        cache.release();
      }
    } finally {
      workspaces.give(workspace);
      weights.exit();
    }
  }

  private void forward(
      int[] tokens,
      int[] offsets,
      KvCache cache,
      @Nullable Matrix out,
      boolean all,
      Workspace workspace,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    Activations a = workspace.activations(tokens.length);
    stack.forward(tokens, null, offsets, cache, a, times, trace);
    if (out == null) {
      return;
    }
    Matrix x = all ? a.x() : lastOfEach(offsets, a.x(), workspace.activations(offsets.length - 1));
    if (finalNorm != null) {
      finalNorm.run(x, x);
    }
    times.lap(NORMS);
    for (int row = 0; scale != 1 && row < x.rows(); row++) {
      Rows.scale(scale, x, row);
    }
    logits.run(x, out);
    if (softcap != null) {
      softcap.run(out, out);
    }
    times.lap(LOGITS);
  }

  private static Matrix lastOfEach(int[] offsets, Matrix x, Activations lasts) {
    for (int s = 0; s < offsets.length - 1; s++) {
      Rows.copy(x, offsets[s + 1] - 1, lasts.normed(), s);
    }
    return lasts.normed();
  }

  private void check(
      int[] tokens, int[] offsets, KvCache cache, @Nullable Matrix out, boolean all) {
    TokenChecks.offsets(offsets, tokens.length);
    int sequences = offsets.length - 1;
    if (cache.sequences() != sequences) {
      throw new IllegalArgumentException(
          "cache holds "
              + cache.sequences()
              + " sequences, must hold as many as are given: "
              + sequences);
    }
    cache.check(config);
    if (out != null) {
      TokenChecks.output("logits", out, all ? tokens.length : sequences, config.vocabulary());
    }
  }
}
