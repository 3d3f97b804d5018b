package io.github.lanewise.model;

/**
 * How much arithmetic a forward pass takes: multiplications and additions of the linear layers and
 * of attention. Norms, activations, softmax and rotations are left out, as is usual; they are below
 * one percent.
 */
public final class Cost {
  private Cost() {}

  /**
   * Floating point operations of one forward pass of one sequence; a multiply-add counts as two,
   * and masked scores do not count. A decoder computes the logits of the last position only.
   *
   * @param past tokens that are already cached; 0 for an encoder
   * @param tokens new tokens
   * @throws IllegalArgumentException if an argument is negative
   */
  public static long flops(ModelConfig config, int past, int tokens) {
    Checks.require(past >= 0, "past is " + past + ", must not be negative");
    Checks.require(tokens >= 0, "tokens is " + tokens + ", must not be negative");
    long linear = linearWeightsOfLayer(config) * tokens;
    // Each visible pair is a product of headDim for the score, and one for the weighted sum of
    // values.
    long pairs = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      pairs += pairs(config.attention(), layer, past, tokens);
    }
    long attention = 2 * pairs * config.queryWidth();
    long logits =
        config.kind() == ModelConfig.Kind.DECODER && tokens > 0
            ? (long) config.vocabulary() * config.dModel()
            : 0;
    return 2 * (config.layers() * linear + attention + logits);
  }

  /** Query-key pairs that a layer's mask and window show. */
  private static long pairs(AttentionConfig attention, int layer, long past, long tokens) {
    if (!attention.causal()) {
      return tokens * (past + tokens);
    }
    long window = attention.mostKeys(layer);
    return visible(past + tokens, window) - visible(past, window);
  }

  /** Pairs of the first {@code positions} queries, each of which sees up to {@code window} keys. */
  private static long visible(long positions, long window) {
    long growing = Math.min(positions, window);
    return growing * (growing + 1) / 2 + (positions - growing) * window;
  }

  private static long linearWeightsOfLayer(ModelConfig config) {
    return Tensor.ofLayer(config, 0).stream()
        .filter(Tensor::isPacked)
        .mapToLong(Tensor::parameters)
        .sum();
  }
}
