package io.github.lanewise.model.recurrent;

import io.github.lanewise.model.Progress;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LstmCell;
import java.util.ArrayList;
import java.util.List;

/**
 * The weights of a stack of LSTM layers, off-heap. A layer has {@code layers.L.input.weight} and
 * {@code layers.L.hidden.weight}, [4 dModel, dModel] each, and {@code layers.L.bias} [1, 4 dModel],
 * with the gates i, f, g, o below each other: PyTorch's {@code weight_ih_lL} and {@code
 * weight_hh_lL}, and the sum of its two biases.
 */
public final class LstmWeights implements AutoCloseable {
  private final RecurrentConfig config;
  private final TensorStore store;

  private LstmWeights(RecurrentConfig config, TensorStore store) {
    this.config = config;
    this.store = store;
  }

  /** Random weights: the same seed gives the same bits on every machine. */
  public static LstmWeights random(
      Lanewise runtime, RecurrentConfig config, long seed, Progress progress) {
    return new LstmWeights(config, TensorStore.random(runtime, tensors(config), seed, progress));
  }

  /** Zero weights, to be filled by whoever has them. */
  public static LstmWeights zero(RecurrentConfig config) {
    return new LstmWeights(config, TensorStore.zero(tensors(config)));
  }

  /** The architecture that these are the weights of. */
  public RecurrentConfig config() {
    return config;
  }

  /** The weights by their names. */
  public TensorStore tensors() {
    return store;
  }

  /** Frees the memory; see {@link TensorStore#close()}. */
  @Override
  public void close() {
    store.close();
  }

  static String input(int layer) {
    return "layers." + layer + ".input.weight";
  }

  static String hidden(int layer) {
    return "layers." + layer + ".hidden.weight";
  }

  static String bias(int layer) {
    return "layers." + layer + ".bias";
  }

  static List<Tensor> tensors(RecurrentConfig config) {
    int width = config.dModel();
    int gates = LstmCell.GATES * width;
    List<Tensor> tensors = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      tensors.add(new Tensor(input(layer), Tensor.Role.LINEAR, gates, width));
      tensors.add(new Tensor(hidden(layer), Tensor.Role.LINEAR, gates, width));
      tensors.add(new Tensor(bias(layer), Tensor.Role.SHIFT, 1, gates));
    }
    return tensors;
  }
}
