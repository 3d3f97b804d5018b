package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;

/**
 * The keys and values of an encoder's states in every layer of a decoder, for one source at a time.
 */
final class SourceKeys {
  private final int capacity;
  private final int width;

  /** Each [capacity, 2 * width]: keys, then values. */
  private final Matrix[] whole;

  // Views of the states at hand.
  private final Matrix[] both;
  private final Matrix[] keys;
  private final Matrix[] values;
  private int states;

  /** Whether keys and values of all layers are there. */
  private boolean complete;

  SourceKeys(Arena arena, ModelConfig config, int capacity) {
    this.capacity = capacity;
    width = config.keyWidth();
    whole = new Matrix[config.layers()];
    both = new Matrix[whole.length];
    keys = new Matrix[whole.length];
    values = new Matrix[whole.length];
    for (int layer = 0; layer < whole.length; layer++) {
      whole[layer] = Matrix.allocate(arena, capacity, 2 * width);
    }
    view(capacity);
  }

  /** States at hand. */
  int states() {
    return states;
  }

  /** Most states. */
  int capacity() {
    return capacity;
  }

  /**
   * Forgets what is there and takes so many states.
   *
   * @throws IllegalArgumentException if they do not fit
   */
  void begin(int newStates) {
    if (newStates < 1 || newStates > capacity) {
      throw new IllegalArgumentException(
          "states has " + newStates + " rows, must have 1 to the cache's source = " + capacity);
    }
    complete = false;
    if (newStates != states) {
      view(newStates);
    }
  }

  /** Makes the states count. */
  void commit() {
    complete = true;
  }

  void requireSome() {
    Checks.require(
        complete, "cache holds no states of an encoder, must be given some by keepSource");
  }

  private void view(int newStates) {
    states = newStates;
    for (int layer = 0; layer < whole.length; layer++) {
      both[layer] = whole[layer].rowRange(0, states);
      keys[layer] = both[layer].columnRange(0, width);
      values[layer] = both[layer].columnRange(width, width);
    }
  }

  /** Where a layer's projection of the states goes, [states, 2 * kvHeads * headDim]. */
  Matrix both(int layer) {
    return both[layer];
  }

  /** Keys of a layer, [states, kvHeads * headDim]. */
  Matrix keys(int layer) {
    return keys[layer];
  }

  /** Values of a layer, [states, kvHeads * headDim]. */
  Matrix values(int layer) {
    return values[layer];
  }
}
