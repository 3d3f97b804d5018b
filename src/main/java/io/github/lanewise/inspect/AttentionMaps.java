package io.github.lanewise.inspect;

import io.github.lanewise.model.AttentionTrace;
import io.github.lanewise.text.Token;
import java.util.List;
import java.util.Objects;

/**
 * The attention weights of every layer and head for one text, or from one text to another
 * (cross-attention): what pages draw and programs read. Immutable, if the arrays are left alone.
 */
public final class AttentionMaps {
  private final String model;
  private final String queryText;
  private final String keyText;
  private final List<Token> queries;
  private final List<Token> keys;
  private final boolean causal;
  private final int heads;
  private final float[][] weights;

  /**
   * Maps from the tokens of one text to those of another.
   *
   * @param model what to call the model
   * @param causal whether a query sees no key after it
   * @param heads heads of a layer
   * @param weights a layer an array, [heads, queries, keys]; not copied
   * @throws IllegalArgumentException if a length is wrong
   */
  public AttentionMaps(
      String model,
      String queryText,
      List<Token> queries,
      String keyText,
      List<Token> keys,
      boolean causal,
      int heads,
      float[][] weights) {
    long wanted = (long) heads * queries.size() * keys.size();
    for (int layer = 0; layer < weights.length; layer++) {
      if (weights[layer].length != wanted) {
        throw new IllegalArgumentException(
            "weights[%d] has length %d, must be heads * queries * keys = %d"
                .formatted(layer, weights[layer].length, wanted));
      }
    }
    this.model = Objects.requireNonNull(model, "model");
    this.queryText = queryText;
    this.keyText = keyText;
    this.queries = List.copyOf(queries);
    this.keys = List.copyOf(keys);
    this.causal = causal;
    this.heads = heads;
    this.weights = weights.clone();
  }

  /** Maps of a text that attends to itself. */
  static AttentionMaps of(
      String model, String text, List<Token> tokens, boolean causal, AttentionTrace trace) {
    float[][] weights = new float[trace.layers()][];
    for (int layer = 0; layer < weights.length; layer++) {
      weights[layer] = trace.layer(layer);
    }
    return new AttentionMaps(model, text, tokens, text, tokens, causal, trace.heads(), weights);
  }

  /** What to call the model. */
  public String model() {
    return model;
  }

  /** The text whose tokens look. */
  public String queryText() {
    return queryText;
  }

  /** The text whose tokens are looked at. */
  public String keyText() {
    return keyText;
  }

  /** The tokens that look: rows. */
  public List<Token> queries() {
    return queries;
  }

  /** The tokens that are looked at: columns. */
  public List<Token> keys() {
    return keys;
  }

  /** Whether a query sees no key after it. */
  public boolean causal() {
    return causal;
  }

  /** Whether a text attends to itself. */
  public boolean isSelf() {
    return queryText.equals(keyText) && queries.equals(keys);
  }

  /** Layers of the model. */
  public int layers() {
    return weights.length;
  }

  /** Heads of a layer. */
  public int heads() {
    return heads;
  }

  /** What {@code query} gives to {@code key}; 0 where it does not see it. */
  public float weight(int layer, int head, int query, int key) {
    Objects.checkIndex(head, heads);
    Objects.checkIndex(query, queries.size());
    Objects.checkIndex(key, keys.size());
    return weights[layer][(head * queries.size() + query) * keys.size() + key];
  }

  /** The weights of a layer, [heads, queries, keys]; not a copy. */
  public float[] layer(int layer) {
    return weights[layer];
  }

  /** How many keys a query sees. */
  int visible(int query) {
    return causal ? query + 1 : keys.size();
  }
}
