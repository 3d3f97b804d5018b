package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Pooling;
import io.github.lanewise.parallel.Pool;
import org.jspecify.annotations.Nullable;

/**
 * Sentence embeddings (Reimers and Gurevych 2019): from the tokens of each sentence to one vector,
 * by an {@link Encoder}, {@link Pooling} and whatever else the config's {@code pooling} and {@code
 * normalize} ask for.
 *
 * <p>Takes any number of sentences of any lengths: no padding is computed, and large jobs are done
 * in passes of bounded size. A sentence's vector has the same bits alone or in a batch, with any
 * number of threads. Immutable; any number of threads may encode at once, each call using all
 * threads of the runtime that are idle. A repeated call allocates nothing on the heap.
 */
public final class SentenceEncoder {
  /**
   * Tokens of a pass, unless a sentence is longer: enough that weights are read once for many rows,
   * few enough that the activations stay in a last-level cache.
   */
  public static final int PASS_TOKENS = 512;

  private final Weights weights;
  private final ModelConfig config;
  private final int passTokens;
  private final Encoder encoder;
  private final Pooling pooling;
  private final Pool<SentenceBatch> batches;

  private SentenceEncoder(Lanewise runtime, Weights weights, int passTokens) {
    this.weights = weights;
    config = weights.config();
    this.passTokens = Math.max(passTokens, config.contextWindow());
    encoder = Encoder.prepare(runtime, weights, this.passTokens);
    pooling = Pooling.prepare(runtime, kind(config), config.sentences().normalize());
    batches = new Pool<>(() -> new SentenceBatch(this.passTokens, config.dModel()));
  }

  /**
   * Prepares sentence embeddings.
   *
   * @param weights must stay open as long as the encoder is used
   * @throws IllegalArgumentException if the weights are not those of an encoder, or its config has
   *     no pooling
   */
  public static SentenceEncoder prepare(Lanewise runtime, Weights weights) {
    return prepare(runtime, weights, PASS_TOKENS);
  }

  /**
   * Prepares sentence embeddings in passes of another size, which changes no bit of the results.
   *
   * @param passTokens most tokens of a forward pass; the longest sentence fits in any case
   * @throws IllegalArgumentException if the weights are not those of an encoder, its config has no
   *     pooling, or {@code passTokens} is not positive
   */
  public static SentenceEncoder prepare(Lanewise runtime, Weights weights, int passTokens) {
    Checks.require(
        weights.config().sentences().pooling() != ModelConfig.SentencePooling.NONE,
        "pooling of " + weights.config().name() + " is \"none\", must be \"mean\" or \"cls\"");
    Checks.require(passTokens >= 1, "passTokens is " + passTokens + ", must be at least 1");
    return new SentenceEncoder(runtime, weights, passTokens);
  }

  private static Pooling.Kind kind(ModelConfig config) {
    return config.sentences().pooling() == ModelConfig.SentencePooling.CLS
        ? Pooling.Kind.CLS
        : Pooling.Kind.MEAN;
  }

  /** The architecture. */
  public ModelConfig config() {
    return config;
  }

  /** Floats of an embedding. */
  public int dimensions() {
    return config.dModel();
  }

  /** Most tokens of a forward pass. */
  public int passTokens() {
    return passTokens;
  }

  /** Most tokens of a sentence. */
  public int maxSentenceTokens() {
    return config.contextWindow();
  }

  /**
   * Has every operation compiled, so that the first sentence takes no longer than the next; see
   * {@link io.github.lanewise.op}. Reads and writes nothing of the caller's.
   *
   * @return whether all of them came to run compiled
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public boolean warmUp() {
    return encoder.warmUp() && pooling.warmUp();
  }

  /**
   * Encodes sentences.
   *
   * @param tokens token ids of all sentences, one after the other
   * @param offsets where each sentence begins in {@code tokens}, and the number of tokens; every
   *     sentence has a token, and at most {@link #maxSentenceTokens()}
   * @param embeddings output, [sentences, dimensions]
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if an id, an offset, a length or a shape is wrong; nothing is
   *     written then
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void encode(int[] tokens, int[] offsets, Matrix embeddings, PartTimes times) {
    encodeAll(tokens, offsets, embeddings, times);
  }

  /** As {@link #encode(int[], int[], Matrix, PartTimes)}, without taking times. */
  public void encode(int[] tokens, int[] offsets, Matrix embeddings) {
    encodeAll(tokens, offsets, embeddings, null);
  }

  private void encodeAll(
      int[] tokens, int[] offsets, Matrix embeddings, @Nullable PartTimes times) {
    check(tokens, offsets, embeddings);
    weights.enter();
    try {
      SentenceBatch batch = batches.take();
      try {
        int sentence = 0;
        while (sentence < offsets.length - 1) {
          batch.fill(tokens, offsets, sentence);
          pass(batch, times == null ? batch.times() : times);
          batch.copyTo(embeddings, sentence);
          sentence += batch.sentences();
        }
      } finally {
        batches.give(batch);
      }
    } finally {
      weights.exit();
    }
  }

  private void pass(SentenceBatch batch, PartTimes times) {
    Workspace workspace = encoder.workspaces().take();
    try {
      Activations a = workspace.activations(batch.tokenCount());
      encoder.hidden(batch.tokens(), null, batch.offsets(), a, times);
      pooling.run(a.x(), batch.offsets(), batch.pooled());
      times.lap(PartTimes.Part.POOLING);
    } finally {
      encoder.workspaces().give(workspace);
    }
  }

  private void check(int[] tokens, int[] offsets, Matrix embeddings) {
    TokenChecks.ids(tokens, config);
    TokenChecks.offsets(offsets, tokens.length);
    for (int s = 0; s < offsets.length - 1; s++) {
      TokenChecks.length(s, offsets[s + 1] - offsets[s], config);
    }
    TokenChecks.output("embeddings", embeddings, offsets.length - 1, config.dModel());
  }
}
