package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.op.Lanewise;
import org.jspecify.annotations.Nullable;

/** Embeddings and layers: what decoders and encoders have in common. */
final class Stack {
  private final Embeddings embeddings;
  private final @Nullable Rotation global;
  private final @Nullable Rotation local;
  private final @Nullable RelativeBias relative;
  private final Layer[] layers;

  /** Layers whose operations differ in more than their weights: the first of each reach. */
  private final Layer[] kinds;

  /**
   * @param tokens whose token table inputs are looked up in
   */
  Stack(Lanewise runtime, Weights weights, Weights tokens) {
    ModelConfig config = weights.config();
    embeddings = new Embeddings(runtime, weights, tokens);
    relative = RelativeBias.of(weights);
    global = Rotation.global(runtime, config);
    local = Rotation.local(runtime, config);
    layers = new Layer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      boolean isLocal = config.attention().reach(i) == Reach.LOCAL;
      layers[i] = new Layer(runtime, weights, i, isLocal && local != null ? local : global);
    }
    kinds = firstOfEachReach(config.attention());
  }

  private Layer[] firstOfEachReach(AttentionConfig attention) {
    Reach first = attention.reach(0);
    for (int i = 1; i < layers.length; i++) {
      if (attention.reach(i) != first) {
        return new Layer[] {layers[0], layers[i]};
      }
    }
    return new Layer[] {layers[0]};
  }

  /** Warms up the operations of one layer of each kind. */
  boolean warmUp() {
    for (Layer layer : kinds) {
      if (!layer.warmUp()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Computes what {@code kept} keeps of an encoder's states.
   *
   * @param states [source positions, the width of the layers]
   */
  void keep(Matrix states, SourceKeys kept, PartTimes times) {
    times.start();
    for (Layer layer : layers) {
      layer.keep(states, kept);
    }
    times.lap(PartTimes.Part.CROSS_KEYS);
  }

  /** Prepares sequences of up to so many positions; does nothing if they are prepared already. */
  void ensurePositions(int positions) {
    if (global != null) {
      global.ensure(positions);
    }
    if (local != null) {
      local.ensure(positions);
    }
    if (relative != null) {
      relative.ensure(positions);
    }
  }

  /**
   * From token ids to {@code a.x()} after the last layer; {@code a.positions()} must be set.
   *
   * @param trace where the attention weights of one sequence without a past go; null for nowhere
   */
  void forward(
      int[] tokens,
      int @Nullable [] types,
      int[] offsets,
      @Nullable KvCache cache,
      Activations a,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    times.start();
    embeddings.forward(tokens, types, a, times);
    layers(offsets, cache, a, times, trace);
  }

  /** Adds their positions to vectors in {@code a.x()} that are no tokens. */
  void place(Activations a, PartTimes times) {
    embeddings.place(null, a, times);
  }

  /** From embeddings in {@code a.x()} to what is there after the last layer. */
  void layers(
      int[] offsets,
      @Nullable KvCache cache,
      Activations a,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    if (relative != null) {
      relative.set(offsets, a);
      times.lap(PartTimes.Part.ATTENTION);
    }
    for (int i = 0; i < layers.length; i++) {
      layers[i].forward(a, offsets, cache, times, trace);
      times.layerDone(i + 1, layers.length);
    }
  }
}
