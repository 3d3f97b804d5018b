package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs an encoder or a decoder on one sequence at a time and gives the attention weights of all its
 * layers and heads. To be shared by any number of threads.
 */
public final class AttentionTracer {
  private final Weights weights;
  private final int maxTokens;
  private final @Nullable Encoder encoder;
  private final @Nullable Decoder decoder;

  private AttentionTracer(Lanewise runtime, Weights weights, int maxTokens) {
    this.weights = weights;
    this.maxTokens = maxTokens;
    boolean encodes = weights.config().kind() == ModelConfig.Kind.ENCODER;
    encoder = encodes ? Encoder.prepare(runtime, weights, maxTokens) : null;
    decoder = encodes ? null : Decoder.prepare(runtime, weights, maxTokens);
  }

  /**
   * Prepares passes of up to {@code maxTokens} tokens.
   *
   * @param weights must stay open as long as the tracer is used
   * @throws IllegalArgumentException unless {@code maxTokens} is 1 to the context window
   */
  public static AttentionTracer prepare(Lanewise runtime, Weights weights, int maxTokens) {
    int most = weights.config().contextWindow();
    Checks.require(
        maxTokens >= 1 && maxTokens <= most,
        "maxTokens is " + maxTokens + ", must be 1 to contextWindow = " + most);
    return new AttentionTracer(runtime, weights, maxTokens);
  }

  /** The architecture. */
  public ModelConfig config() {
    return weights.config();
  }

  /** Most tokens of a sequence. */
  public int maxTokens() {
    return maxTokens;
  }

  /**
   * The attention weights of a forward pass over one sequence; token types are 0.
   *
   * @param tokens 1 to maxTokens token ids
   * @throws IllegalArgumentException if a token or their number is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public AttentionTrace trace(int[] tokens) {
    TokenChecks.tokens(tokens, maxTokens, config());
    try (Arena arena = Arena.ofShared()) {
      if (encoder != null) {
        return encoder.trace(tokens, Matrix.allocate(arena, tokens.length, config().dModel()));
      }
      Decoder decodes = Objects.requireNonNull(decoder);
      try (KvCache cache = decodes.newCache(tokens.length)) {
        return decodes.trace(tokens, cache, Matrix.allocate(arena, 1, config().vocabulary()));
      }
    }
  }

  /**
   * The model's vector of each token before any layer and without position: the row of its token
   * table.
   *
   * @return [tokens][dModel]
   * @throws IllegalArgumentException if a token or their number is wrong
   * @throws IllegalStateException if the weights are closed
   */
  public float[][] tokenVectors(int[] tokens) {
    TokenChecks.tokens(tokens, maxTokens, config());
    weights.enter();
    try (Arena arena = Arena.ofConfined()) {
      Matrix row = Matrix.allocate(arena, 1, config().dModel());
      float[][] vectors = new float[tokens.length][];
      for (int t = 0; t < tokens.length; t++) {
        Embeddings.lookUp(weights, tokens[t], row, 0);
        vectors[t] = row.toArray();
      }
      return vectors;
    } finally {
      weights.exit();
    }
  }
}
