package io.github.lanewise.model;

import io.github.lanewise.memory.Storage;

/**
 * How a model is kept in memory. Tables that are looked up, norms and biases are f32 whatever is
 * said here: they are not what takes the memory or the time.
 *
 * @param weights of the linear layers, and of tied embeddings
 * @param cache of keys and values
 * @param shareLayer whether all layers use the weights of layer 0, kept once: takes the time of the
 *     model, but is none
 */
public record Storing(Storage weights, Storage cache, boolean shareLayer) {
  /** Everything in f32, each layer with weights of its own. */
  public static final Storing FLOATS = new Storing(Storage.F32, Storage.F32, false);

  /** The same with other storage of the weights. */
  public Storing withWeights(Storage storage) {
    return new Storing(storage, cache, shareLayer);
  }

  /** The same with other storage of the cache. */
  public Storing withCache(Storage storage) {
    return new Storing(weights, storage, shareLayer);
  }

  /** The same with the weights of one layer for all, or not. */
  public Storing withShareLayer(boolean share) {
    return new Storing(weights, cache, share);
  }

  /** Layers whose weights are kept. */
  int layers(ModelConfig config) {
    return shareLayer ? 1 : config.layers();
  }
}
