package io.github.lanewise.model;

import io.github.lanewise.op.Lanewise;
import org.jspecify.annotations.Nullable;

/** Embeddings and layers: what decoders and encoders have in common. */
final class Stack {
  private final Embeddings embeddings;
  private final Layer[] layers;

  Stack(Lanewise runtime, Weights weights) {
    embeddings = new Embeddings(runtime, weights);
    Rotation rotation = Rotation.of(runtime, weights.config());
    layers = new Layer[weights.config().layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new Layer(runtime, weights, i, rotation);
    }
  }

  /** Warms up one layer's operations: the others' differ in their weights only. */
  boolean warmUp() {
    return layers[0].warmUp();
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
    for (int i = 0; i < layers.length; i++) {
      layers[i].forward(a, offsets, cache, times, trace);
      times.layerDone(i + 1, layers.length);
    }
  }
}
