package io.github.lanewise.model.vision;

import io.github.lanewise.model.Progress;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import java.util.List;

/**
 * The weights of a vision transformer, off-heap: those of its encoder, whose token table is the
 * class token, and those around it.
 */
public final class VisionWeights implements AutoCloseable {
  static final String PATCHES = "patches.weight";
  static final String PATCHES_BIAS = "patches.bias";
  static final String HEAD = "head.weight";
  static final String HEAD_BIAS = "head.bias";

  private final VisionConfig config;
  private final Weights encoder;
  private final TensorStore around;

  private VisionWeights(VisionConfig config, Weights encoder, TensorStore around) {
    this.config = config;
    this.encoder = encoder;
    this.around = around;
  }

  /** Random weights: the same seed gives the same bits on every machine. */
  public static VisionWeights random(
      Lanewise runtime, VisionConfig config, long seed, Progress progress) {
    TensorStore around = TensorStore.random(runtime, tensors(config), seed, Progress.NONE);
    try {
      Weights encoder = Weights.random(runtime, config.encoder(), seed, progress);
      return new VisionWeights(config, encoder, around);
    } catch (Throwable failed) {
      around.close();
      throw failed;
    }
  }

  /** The architecture that these are the weights of. */
  public VisionConfig config() {
    return config;
  }

  /** Those of the layers, the positions and the class token. */
  public Weights encoder() {
    return encoder;
  }

  /** Those of the patch embedding and the head. */
  public TensorStore around() {
    return around;
  }

  /** Frees the memory; see {@link TensorStore#close()}. */
  @Override
  public void close() {
    around.close();
    encoder.close();
  }

  static List<Tensor> tensors(VisionConfig config) {
    int width = config.encoder().dModel();
    return List.of(
        new Tensor(PATCHES, Tensor.Role.LINEAR, width, config.patchWidth()),
        new Tensor(PATCHES_BIAS, Tensor.Role.SHIFT, 1, width),
        new Tensor(HEAD, Tensor.Role.LINEAR, config.classes(), width),
        new Tensor(HEAD_BIAS, Tensor.Role.SHIFT, 1, config.classes()));
  }
}
