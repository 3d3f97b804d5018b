package io.github.lanewise.model.vision;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Cost;
import io.github.lanewise.model.Encoder;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.parallel.Pool;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * A vision transformer (Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"): patches and a
 * class token through an encoder whose layers are normalised before; the class token's last state
 * gives the scores.
 *
 * <p>The same bits with any number of threads. Immutable; any number of threads may run forward
 * passes at once. A repeated pass allocates nothing on the heap.
 */
public final class VisionTransformer {
  private final VisionWeights weights;
  private final VisionConfig config;
  private final Encoder encoder;
  private final Gemm embedding;
  private final Matrix classToken;
  private final Matrix classPosition;
  private final Matrix patchPositions;
  private final Gemm head;
  private final Pool<Workspace> workspaces = new Pool<>(Workspace::new);

  private VisionTransformer(Lanewise runtime, VisionWeights weights) {
    this.weights = weights;
    config = weights.config();
    encoder = Encoder.prepare(runtime, weights.encoder(), 1 + config.patches());
    TensorStore around = weights.around();
    embedding =
        Gemm.prepare(
            runtime,
            around.linear(VisionWeights.PATCHES),
            Epilogue.none().bias(around.matrix(VisionWeights.PATCHES_BIAS)).residual());
    head =
        Gemm.prepare(
            runtime,
            around.linear(VisionWeights.HEAD),
            Epilogue.none().bias(around.matrix(VisionWeights.HEAD_BIAS)));
    Matrix positions = weights.encoder().matrix("positions");
    classToken = weights.encoder().matrix("tokens");
    classPosition = positions.rowRange(0, 1);
    patchPositions = positions.rowRange(1, config.patches());
  }

  /**
   * Prepares forward passes.
   *
   * @param weights must stay open as long as the model is used
   */
  public static VisionTransformer prepare(Lanewise runtime, VisionWeights weights) {
    return new VisionTransformer(runtime, weights);
  }

  /** The architecture. */
  public VisionConfig config() {
    return config;
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}.
   *
   * @return whether all of them came to run compiled
   */
  public boolean warmUp() {
    weights.around().enter();
    try {
      return encoder.warmUp() && embedding.warmUp() && head.warmUp();
    } finally {
      weights.around().exit();
    }
  }

  /**
   * Scores the classes of one image.
   *
   * @param patches [config.patches(), config.patchWidth()], as {@link Patches} writes them
   * @param scores output, [1, classes]
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a shape is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void forward(Matrix patches, Matrix scores, PartTimes times) {
    if (patches.rows() != config.patches()) {
      throw new IllegalArgumentException(
          "patches has " + patches.rows() + " rows, must have " + config.patches());
    }
    weights.around().enter();
    try {
      Workspace w = workspaces.take();
      try {
        times.start();
        // Their positions are what the product is added to.
        embedding.run(patches, patchPositions, w.patches);
        embedClassToken(w.x);
        times.lap(PartTimes.Part.EMBEDDING);
        encoder.forward(w.x, w.x, times);
        head.run(w.classState, scores);
        times.lap(PartTimes.Part.LOGITS);
      } finally {
        workspaces.give(w);
      }
    } finally {
      weights.around().exit();
    }
  }

  private void embedClassToken(Matrix x) {
    for (int i = 0; i < x.columns(); i++) {
      x.set(0, i, classToken.get(0, i) + classPosition.get(0, i));
    }
  }

  /** Floating point operations of the products of one image; a multiply-add counts as two. */
  public static long flops(VisionConfig config) {
    long width = config.encoder().dModel();
    return Cost.flops(config.encoder(), 0, 1 + config.patches())
        + 2 * width * config.patches() * config.patchWidth()
        + 2 * width * config.classes();
  }

  /** The memory that passes take. */
  public static MemoryPlan plan(VisionConfig config, int threads) {
    int rows = 1 + config.patches();
    MemoryPlan inner = MemoryPlan.of(config.encoder(), threads, rows, 1);
    List<Tensor> around = VisionWeights.tensors(config);
    long floats =
        (long) rows * config.encoder().dModel()
            + (long) config.patches() * config.patchWidth()
            + config.classes();
    return new MemoryPlan(
        inner.parameters() + TensorStore.parameters(around),
        inner.weightsBytes() + TensorStore.bytes(around),
        0,
        inner.activationBytes() + floats * Float.BYTES,
        inner.scratchBytes());
  }

  /** Memory for one forward pass at a time; freed when no longer reachable. */
  private final class Workspace {
    private final Matrix x =
        Matrix.allocate(Arena.ofAuto(), 1 + config.patches(), config.encoder().dModel());
    private final Matrix classState = x.rowRange(0, 1);
    private final Matrix patches = x.rowRange(1, config.patches());
  }
}
