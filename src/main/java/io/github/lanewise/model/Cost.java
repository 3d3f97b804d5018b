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
    return flops(config, past, tokens, 0);
  }

  /**
   * The same of a decoder whose tokens look at {@code source} states of an encoder, keys and values
   * of which are kept.
   */
  public static long flops(ModelConfig config, int past, int tokens, int source) {
    Checks.require(source >= 0, "source is " + source + ", must not be negative");
    Checks.require(past >= 0, "past is " + past + ", must not be negative");
    Checks.require(tokens >= 0, "tokens is " + tokens + ", must not be negative");
    long linear = (linearWeightsOfLayer(config) - sourceWeightsOfLayer(config)) * tokens;
    // Each visible pair is a product of headDim for the score, and one for the weighted sum of
    // values.
    long fromSource = config.attention().cross() ? (long) config.layers() * tokens * source : 0;
    long attention = 2 * (fromSource + pairs(config, past, tokens)) * config.queryWidth();
    long logits =
        config.kind() == ModelConfig.Kind.DECODER && tokens > 0
            ? (long) config.vocabulary() * config.dModel()
            : 0;
    return 2 * (config.layers() * linear + attention + logits);
  }

  /**
   * Bytes that a decoder reads to generate one token after {@code past} others: its linear layers,
   * and the keys and values that the token sees.
   */
  public static long tokenBytes(ModelConfig config, Storing storing, int past) {
    long layer = 0;
    for (Tensor tensor : Tensor.ofLayer(config, 0)) {
      layer += tensor.bytes(storing.weights());
    }
    long row = 2L * config.keyWidth() * storing.cache().bytes();
    return config.layers() * layer + logitBytes(config, storing) + pairs(config, past, 1) * row;
  }

  /** Bytes of the layer that makes logits; an encoder has none. */
  static long logitBytes(ModelConfig config, Storing storing) {
    if (config.kind() != ModelConfig.Kind.DECODER) {
      return 0;
    }
    String name = config.tiedEmbeddings() ? Tensor.TOKENS : Tensor.LOGITS;
    return Tensor.aroundLayers(config).stream()
        .filter(tensor -> tensor.name().equals(name))
        .mapToLong(tensor -> tensor.bytes(storing.weights()))
        .sum();
  }

  /** Operations for the keys and values that a decoder keeps of {@code source} states. */
  public static long sourceFlops(ModelConfig config, int source) {
    Checks.require(source >= 0, "source is " + source + ", must not be negative");
    return 2L * config.layers() * sourceWeightsOfLayer(config) * source;
  }

  /** Weights that states of an encoder are multiplied by, and tokens are not. */
  private static long sourceWeightsOfLayer(ModelConfig config) {
    return config.attention().cross() ? 2L * config.keyWidth() * config.dModel() : 0;
  }

  /** Query-key pairs of one head that are seen in all layers. */
  static long pairs(ModelConfig config, long past, long tokens) {
    long pairs = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      pairs += pairs(config.attention(), layer, past, tokens);
    }
    return pairs;
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
