package io.github.lanewise.model;

import io.github.lanewise.model.Position.Rotary;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Rope;
import io.github.lanewise.op.RopeFrequencies;
import org.jspecify.annotations.Nullable;

/**
 * Rotary positions of queries and keys, shared by all layers of one reach. The tables grow to the
 * longest sequence that was asked for: those of a whole context window of 200,000 positions take
 * 100 MB.
 */
final class Rotation {
  private final Lanewise runtime;
  private final int headDim;
  private final Rope.Pairing pairing;
  private final RopeFrequencies frequencies;
  private volatile Rope rope;

  private Rotation(Lanewise runtime, int headDim, Rotary rotary, RopeFrequencies frequencies) {
    this.runtime = runtime;
    this.headDim = headDim;
    this.frequencies = frequencies;
    pairing = rotary.pairing();
    rope = Rope.prepare(runtime, headDim, 1, frequencies, pairing);
  }

  /** That of layers that see everything; null for an architecture without. */
  static @Nullable Rotation global(Lanewise runtime, ModelConfig config) {
    return config.position() instanceof Rotary rotary
        ? new Rotation(runtime, config.headDim(), rotary, rotary.frequencies(config.headDim()))
        : null;
  }

  /** That of local layers, null if it is the same. */
  static @Nullable Rotation local(Lanewise runtime, ModelConfig config) {
    return config.position() instanceof Rotary rotary && rotary.hasLocal()
        ? new Rotation(runtime, config.headDim(), rotary, rotary.localFrequencies(config.headDim()))
        : null;
  }

  /** Bytes of all tables for so many positions. */
  static long bytes(ModelConfig config, int positions) {
    if (!(config.position() instanceof Rotary rotary)) {
      return 0;
    }
    int dims = rotary.rotaryDim(config.headDim());
    long table = Rope.tableBytes(dims, positions, rotary.pairing());
    return rotary.hasLocal() ? 2 * table : table;
  }

  /** Has tables for so many positions; those that passes are using stay as they are. */
  void ensure(int positions) {
    if (rope.maxPositions() < positions) {
      grow(positions);
    }
  }

  private synchronized void grow(int positions) {
    if (rope.maxPositions() < positions) {
      rope = Rope.prepare(runtime, headDim, positions, frequencies, pairing);
    }
  }

  boolean warmUp() {
    return rope.warmUp();
  }

  /** Rotates queries and keys in place, as columns of the packed QKV. */
  void run(Activations a, PartTimes times) {
    Rope now = rope;
    now.run(a.q(), a.positions());
    now.run(a.k(), a.positions());
    times.lap(PartTimes.Part.ROPE);
  }
}
