package io.github.lanewise.model;

import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Rope;
import org.jspecify.annotations.Nullable;

/** Rotary positions of queries and keys, shared by all layers. */
final class Rotation {
  private final Rope rope;

  private Rotation(Rope rope) {
    this.rope = rope;
  }

  /** Null for an architecture without. */
  static @Nullable Rotation of(Lanewise runtime, ModelConfig config) {
    if (!(config.position() instanceof ModelConfig.Position.Rotary rotary)) {
      return null;
    }
    return new Rotation(
        Rope.prepare(
            runtime, config.headDim(), config.contextWindow(), rotary.theta(), rotary.pairing()));
  }

  boolean warmUp() {
    return rope.warmUp();
  }

  /** Rotates queries and keys in place, as columns of the packed QKV. */
  void run(Activations a, PartTimes times) {
    rope.run(a.q(), a.positions());
    rope.run(a.k(), a.positions());
    times.lap(PartTimes.Part.ROPE);
  }
}
