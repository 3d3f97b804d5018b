package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionExtras;
import java.lang.foreign.Arena;

/**
 * The attention weights of one sequence in every layer and head: what each token gives to each
 * token when its next hidden state is mixed. A row, one query's, sums to 1; keys that the mask
 * hides have 0. Filled by a forward pass that is asked for it, from the queries and keys that the
 * pass itself computes; passes that are not asked compute no weights.
 */
public final class AttentionTrace {
  private final int heads;
  private final int tokens;
  private final float[][] layers;

  AttentionTrace(ModelConfig config, int tokens) {
    heads = config.heads();
    this.tokens = tokens;
    layers = new float[config.layers()][];
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

  /** The weights of a layer, [heads, tokens (queries), tokens (keys)]; not a copy. */
  public float[] layer(int layer) {
    return layers[layer];
  }

  /**
   * Computes the weights of a layer from its queries and keys, turned to their positions, and a
   * bias.
   */
  void record(int layer, Attention attention, Matrix q, Matrix k, AttentionExtras extras) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix weights = Matrix.allocate(arena, heads * tokens, tokens);
      attention.weights(q, k, weights, extras);
      layers[layer] = weights.toArray();
    }
  }
}
