package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionExtras;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The attention weights of one sequence in every layer and head: what each token gives to each
 * token when its next hidden state is mixed. A row, one query's, sums to 1; keys that the mask
 * hides have 0. Filled by a forward pass that is asked for it, from the queries and keys that the
 * pass itself computes; passes that are not asked compute no weights.
 */
public final class AttentionTrace {
  private final int heads;
  private final int tokens;
  private final int keys;
  private final float[][] layers;
  private final @Nullable AttentionTrace cross;

  /** Of tokens that attend to themselves. */
  AttentionTrace(ModelConfig config, int tokens) {
    this(config, tokens, tokens, null);
  }

  private AttentionTrace(ModelConfig config, int tokens, int keys, @Nullable AttentionTrace cross) {
    heads = config.heads();
    this.tokens = tokens;
    this.keys = keys;
    this.cross = cross;
    layers = new float[config.layers()][];
  }

  /** Of tokens that attend to themselves and to so many states of an encoder. */
  static AttentionTrace withCross(ModelConfig config, int tokens, int states) {
    return new AttentionTrace(
        config, tokens, tokens, new AttentionTrace(config, tokens, states, null));
  }

  /** Layers of the model. */
  public int layers() {
    return layers.length;
  }

  /** Query heads of a layer. */
  public int heads() {
    return heads;
  }

  /** Tokens of the sequence. */
  public int tokens() {
    return tokens;
  }

  /** What they attend to: themselves, or the states of an encoder. */
  public int keys() {
    return keys;
  }

  /** The weights of a layer, [heads, tokens (queries), keys]; not a copy. */
  public float[] layer(int layer) {
    return layers[layer];
  }

  /** What the same tokens give to the states of an encoder; null in a model without. */
  public @Nullable AttentionTrace cross() {
    return cross;
  }

  /**
   * Computes the weights of a layer from its queries and keys, turned to their positions, and a
   * bias.
   */
  void record(int layer, Attention attention, Matrix q, Matrix k, AttentionExtras extras) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix weights = Matrix.allocate(arena, heads * tokens, keys);
      attention.weights(q, k, weights, extras);
      layers[layer] = weights.toArray();
    }
  }
}
