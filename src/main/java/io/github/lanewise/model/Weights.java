package io.github.lanewise.model;

import io.github.lanewise.format.FormatException;
import io.github.lanewise.format.OnnxFile;
import io.github.lanewise.format.TensorFile;
import io.github.lanewise.memory.BlockArena;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import io.github.lanewise.op.ParallelFor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a model, off-heap: linear layers packed for the GEMM, everything else row after
 * row. Made once, read by any number of decoders, encoders and threads; closing frees the memory,
 * and what is prepared on it then refuses to run.
 */
public final class Weights implements AutoCloseable {
  private final ModelConfig config;
  private final Storing storing;
  private final Passes passes = new Passes();
  private final Arena arena;
  private final Map<String, PackedWeights> packed = new HashMap<>();
  private final Map<String, Matrix> plain = new HashMap<>();
  private long bytes;

  private Weights(ModelConfig config, Storing storing) {
    this.config = config;
    this.storing = storing;
    long block = bytesInBlock(Tensor.aroundLayers(config));
    for (int layer = 0; layer < storing.layers(config); layer++) {
      block += bytesInBlock(Tensor.ofLayer(config, layer));
    }
    arena = new BlockArena(Arena.ofShared(), block);
  }

  private long bytesInBlock(List<Tensor> tensors) {
    return tensors.stream()
        .mapToLong(tensor -> BlockArena.bytesFor(tensor.bytes(storing.weights())))
        .sum();
  }

  /**
   * Random weights: the same seed gives the same bits on every machine, with any number of threads.
   */
  public static Weights random(Lanewise runtime, ModelConfig config, long seed) {
    return random(runtime, config, seed, Progress.NONE);
  }

  /**
   * Random weights, telling the progress after each layer and at the end.
   *
   * @throws OutOfMemoryError if the machine cannot hold them; {@link MemoryPlan} tells before
   */
  public static Weights random(Lanewise runtime, ModelConfig config, long seed, Progress progress) {
    return random(runtime, config, seed, Storing.FLOATS, progress);
  }

  /**
   * The same, kept as {@code storing} says: rounded to the storage of the linear layers, and with
   * the weights of layer 0 in all of them if they are to be shared.
   */
  public static Weights random(
      Lanewise runtime, ModelConfig config, long seed, Storing storing, Progress progress) {
    Weights weights = new Weights(config, storing);
    int kept = storing.layers(config);
    int steps = kept + 1;
    try {
      for (int layer = 0; layer < kept; layer++) {
        weights.fill(runtime, Tensor.ofLayer(config, layer), seed);
        progress.advanced(layer + 1, steps);
      }
      for (int layer = kept; layer < config.layers(); layer++) {
        weights.share(Tensor.ofLayer(config, 0), Tensor.ofLayer(config, layer));
      }
      weights.fill(runtime, Tensor.aroundLayers(config), seed);
      progress.advanced(steps, steps);
      return weights;
    } catch (Throwable failed) {
      weights.close();
      throw failed;
    }
  }

  /**
   * Published weights: of a safetensors file, an ONNX file, or a Hugging Face folder that holds
   * {@code model.safetensors}. 16-bit numbers are widened.
   *
   * <p>Names are those that Hugging Face gives to models of the form of BERT, GPT-2, Llama
   * (Mistral, Qwen 3) or Gemma 3; an ONNX file of BERT's form is known by its graph, as exporters
   * write it before any optimisation. What a head on top would need (a pooler, say) is ignored.
   *
   * @throws WeightsException if the file cannot be read, or a weight is missing or has another
   *     shape than the architecture says
   * @throws IllegalArgumentException if no published names are known for such an architecture
   */
  public static Weights load(Lanewise runtime, ModelConfig config, Path file) {
    try (TensorFile tensors = TensorFiles.open(file)) {
      return load(runtime, config, tensors);
    } catch (FormatException wrong) {
      throw new WeightsException(wrong);
    }
  }

  /** The same, of an open file, which may be closed afterwards. */
  static Weights load(Lanewise runtime, ModelConfig config, TensorFile file) {
    CheckpointNames names = CheckpointNames.of(config);
    Checks.require(
        names != null,
        "config "
            + config.name()
            + " is of no family whose weights can be loaded; known: BERT, GPT-2, Llama, Mistral,"
            + " Qwen 3, Gemma 3");
    Checks.require(
        !(file instanceof OnnxFile) || CheckpointNames.BERT.equals(names),
        "an ONNX file is given, must be safetensors for config " + config.name());
    Checkpoint checkpoint =
        file instanceof OnnxFile onnx
            ? new BertGraph(onnx, config).checkpoint()
            : new NamedCheckpoint(file, names);
    if (checkpoint.layers() != config.layers()) {
      throw new WeightsException(
          file.file(),
          "has %d layers, must have the %d of the config"
              .formatted(checkpoint.layers(), config.layers()));
    }
    Weights weights = new Weights(config, Storing.FLOATS);
    try {
      weights.copy(runtime, names, new WeightLoader(config, checkpoint));
      return weights;
    } catch (InternalError cut) {
      // What the JVM makes of a mapped page that is no longer there.
      weights.close();
      throw new WeightsException(
          file.file(), "was cut short or is not readable while it is being read: " + cut);
    } catch (Throwable failed) {
      weights.close();
      throw failed;
    }
  }

  /** The architecture that these are the weights of. */
  public ModelConfig config() {
    return config;
  }

  /** How they are kept. */
  public Storing storing() {
    return storing;
  }

  /** Bytes held, padding included. */
  public long bytes() {
    return bytes;
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

  /** Keeps the memory for a forward pass, until {@link #exit()}. */
  void enter() {
    passes.enter();
  }

  void exit() {
    passes.exit();
  }

  /**
   * A linear layer, or a tied embedding table.
   *
   * @throws IllegalStateException if this architecture has none of that name
   */
  public PackedWeights linear(String name) {
    return present(name, packed.get(name));
  }

  /**
   * A table or a vector, such as {@code tokens} or {@code positions}.
   *
   * @throws IllegalStateException if this architecture has none of that name
   */
  public Matrix matrix(String name) {
    return present(name, plain.get(name));
  }

  /** A table or a vector, or null if this architecture has none of that name. */
  @Nullable Matrix matrixOrNull(String name) {
    return plain.get(name);
  }

  private static <T> T present(String name, @Nullable T tensor) {
    if (tensor == null) {
      throw new IllegalStateException("no tensor " + name);
    }
    return tensor;
  }

  private void copy(Lanewise runtime, CheckpointNames names, WeightLoader loader) {
    for (Tensor tensor : Tensor.aroundLayers(config)) {
      plan(loader, tensor, names.around(tensor), names.values());
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      for (Tensor tensor : Tensor.ofLayer(config, layer)) {
        plan(loader, tensor, names.inLayer(tensor, layer), names.values());
      }
    }
    List<Runnable> blocks = loader.blocks();
    ParallelFor.run(runtime, blocks.size(), index -> blocks.get(index).run());
  }

  private void plan(
      WeightLoader loader, Tensor tensor, List<String> names, CheckpointNames.Values values) {
    loader.check(tensor, names); // before memory is taken for what the file does not hold
    bytes += tensor.bytes();
    if (tensor.isPacked()) {
      PackedWeights target = PackedWeights.allocate(arena, tensor.rows(), tensor.columns());
      packed.put(tensor.name(), target);
      loader.linear(tensor, names, target);
      return;
    }
    Matrix target = Matrix.allocate(arena, tensor.rows(), tensor.columns());
    plain.put(tensor.name(), target);
    if (tensor.role() == Tensor.Role.TABLE) {
      loader.table(tensor, names, target);
    } else {
      boolean lessOne =
          values == CheckpointNames.Values.GAINS_LESS_ONE && tensor.role() == Tensor.Role.GAIN;
      loader.vector(tensor, names, lessOne ? 1 : 0, target);
    }
  }

  /** Has the tensors of a layer be those of another. */
  private void share(List<Tensor> kept, List<Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      String name = tensors.get(i).name();
      if (kept.get(i).isPacked()) {
        packed.put(name, linear(kept.get(i).name()));
      } else {
        plain.put(name, matrix(kept.get(i).name()));
      }
    }
  }

  private void fill(Lanewise runtime, List<Tensor> tensors, long seed) {
    for (Tensor tensor : tensors) {
      bytes += tensor.bytes(storing.weights());
      if (tensor.isPacked()) {
        PackedWeights target =
            PackedWeights.allocate(arena, storing.weights(), tensor.rows(), tensor.columns());
        RandomTensors.fill(runtime, target, new RandomValues(seed, tensor));
        packed.put(tensor.name(), target);
      } else {
        Matrix target = Matrix.allocate(arena, tensor.rows(), tensor.columns());
        if (config.position() instanceof Position.Sinusoidal sinusoidal
            && tensor.role() == Tensor.Role.SINUSOIDS) {
          Sinusoids.fill(runtime, target, sinusoidal.pairing());
        } else {
          RandomTensors.fill(runtime, target, new RandomValues(seed, tensor));
        }
        plain.put(tensor.name(), target);
      }
    }
  }
}
