package io.github.lanewise.model;

import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.RmsNorm;
import org.jspecify.annotations.Nullable;

/**
 * RMSNorm of every head of queries and keys, before they are turned.
 *
 * @param queries the queries' norm
 * @param keys the keys' norm
 */
record HeadNorms(RmsNorm queries, RmsNorm keys) {
  /** Null for an architecture without. */
  static @Nullable HeadNorms of(Lanewise runtime, Weights weights, int layer) {
    ModelConfig config = weights.config();
    if (!config.attention().queryKeyNorm()) {
      return null;
    }
    return new HeadNorms(
        prepare(runtime, weights, config.heads(), Tensor.inLayer(layer, Tensor.QUERY_NORM)),
        prepare(runtime, weights, config.kvHeads(), Tensor.inLayer(layer, Tensor.KEY_NORM)));
  }

  private static RmsNorm prepare(Lanewise runtime, Weights weights, int heads, String name) {
    float epsilon = (float) weights.config().norm().epsilon();
    return RmsNorm.prepareHeads(runtime, heads, weights.matrix(Tensor.gain(name)), epsilon);
  }

  boolean warmUp() {
    return queries.warmUp() && keys.warmUp();
  }

  /** Normalises queries and keys in place, as columns of the packed QKV. */
  void run(Activations a, PartTimes times) {
    queries.run(a.q(), a.q());
    keys.run(a.k(), a.k());
    times.lap(PartTimes.Part.NORMS);
  }
}
