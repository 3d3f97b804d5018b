package io.github.lanewise.model.recurrent;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What an LSTM remembers of its sequences between forward passes: the hidden state and the cell of
 * each layer, [sequences, dModel]. Zero at first. For one forward pass at a time.
 */
public final class LstmState {
  private final Layer[] layers;

  /** One layer's. */
  record Layer(Matrix hidden, Matrix cell) {}

  private LstmState(Layer[] layers) {
    this.layers = layers;
  }

  /** The state before the first step of {@code sequences} sequences. */
  public static LstmState zero(Arena arena, RecurrentConfig config, int sequences) {
    if (sequences < 1) {
      throw new IllegalArgumentException("sequences is " + sequences + ", must be at least 1");
    }
    Layer[] layers = new Layer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] =
          new Layer(
              Matrix.allocate(arena, sequences, config.dModel()),
              Matrix.allocate(arena, sequences, config.dModel()));
    }
    return new LstmState(layers);
  }

  /** Forgets everything. */
  public void clear() {
    for (Layer layer : layers) {
      layer.hidden.fill(0);
      layer.cell.fill(0);
    }
  }

  /** The hidden state of a layer, h of PyTorch's (h_n, c_n). */
  public Matrix hidden(int layer) {
    return layers[layer].hidden;
  }

  /** The cell of a layer, c of PyTorch's (h_n, c_n). */
  public Matrix cell(int layer) {
    return layers[layer].cell;
  }

  int layers() {
    return layers.length;
  }

  Layer layer(int index) {
    return layers[index];
  }

  /** Copies as many rows as both have; in either they lie end to end. */
  static void copy(Matrix source, Matrix target) {
    long bytes = Math.min(source.rows(), target.rows()) * source.rowBytes();
    MemorySegment.copy(source.segment(), source.offset(), target.segment(), target.offset(), bytes);
  }
}
