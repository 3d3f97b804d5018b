package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model that {@link ModelConfig} does not describe, by name: what {@link Weights}
 * is to decoders and encoders. Made once, read by any number of threads; closing frees the memory,
 * and what is prepared on it then refuses to run.
 */
public final class TensorStore implements AutoCloseable {
  private final Passes passes = new Passes();
  private final Arena arena = Arena.ofShared();
  private final Map<String, PackedWeights> packed = new HashMap<>();
  private final Map<String, Matrix> plain = new HashMap<>();

  private TensorStore() {}

  /** Zero weights, to be filled by whoever has them. */
  public static TensorStore zero(List<Tensor> tensors) {
    TensorStore store = new TensorStore();
    for (Tensor tensor : tensors) {
      store.allocate(tensor);
    }
    return store;
  }

  /**
   * Random weights: the same seed gives the same bits on every machine, with any number of threads.
   *
   * @param progress told after each tensor
   */
  public static TensorStore random(
      Lanewise runtime, List<Tensor> tensors, long seed, Progress progress) {
    TensorStore store = zero(tensors);
    try {
      for (int i = 0; i < tensors.size(); i++) {
        store.fill(runtime, tensors.get(i), seed);
        progress.advanced(i + 1, tensors.size());
      }
      return store;
    } catch (Throwable failed) {
      store.close();
      throw failed;
    }
  }

  /** Learned numbers of some tensors. */
  public static long parameters(List<Tensor> tensors) {
    return tensors.stream().mapToLong(Tensor::parameters).sum();
  }

  /** Bytes of some tensors, padding included. */
  public static long bytes(List<Tensor> tensors) {
    return tensors.stream().mapToLong(Tensor::bytes).sum();
  }

  /**
   * A linear layer.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public PackedWeights linear(String name) {
    return present(name, packed.get(name));
  }

  /**
   * A table or a vector.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public Matrix matrix(String name) {
    return present(name, plain.get(name));
  }

  /**
   * Keeps the memory for a forward pass, until {@link #exit()}.
   *
   * @throws IllegalStateException if it is freed already
   */
  public void enter() {
    passes.enter();
  }

  /** Ends what {@link #enter()} began. */
  public void exit() {
    passes.exit();
  }

  /**
   * Frees the memory. Closing twice is harmless.
   *
   * @throws IllegalStateException if a forward pass is running on these weights
   */
  @Override
  public void close() {
    if (passes.close()) {
      arena.close();
    }
  }

  private void allocate(Tensor tensor) {
    int rows = tensor.rows();
    int columns = tensor.columns();
    if (tensor.isPacked()) {
      packed.put(tensor.name(), PackedWeights.allocate(arena, rows, columns));
    } else {
      plain.put(tensor.name(), Matrix.allocate(arena, rows, columns));
    }
  }

  private void fill(Lanewise runtime, Tensor tensor, long seed) {
    RandomValues values = new RandomValues(seed, tensor);
    if (tensor.isPacked()) {
      RandomTensors.fill(runtime, linear(tensor.name()), values);
    } else {
      RandomTensors.fill(runtime, matrix(tensor.name()), values);
    }
  }

  private static <T> T present(String name, @Nullable T tensor) {
    if (tensor == null) {
      throw new IllegalArgumentException("name is " + name + ", must be that of a tensor");
    }
    return tensor;
  }
}
