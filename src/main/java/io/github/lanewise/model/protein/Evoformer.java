package io.github.lanewise.model.protein;

import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.parallel.Pool;

/**
 * An Evoformer stack (Jumper et al. 2021, "Highly accurate protein structure prediction with
 * AlphaFold", supplement, algorithm 6 without its last line): blocks that let a multiple sequence
 * alignment and a pair representation inform each other.
 *
 * <p>The same bits with any number of threads. Immutable; any number of threads may run forward
 * passes at once, each on a state of its own. A repeated pass allocates nothing on the heap.
 */
public final class Evoformer {
  private final EvoformerConfig config;
  private final TensorStore weights;
  private final EvoformerBlock[] blocks;
  private final Pool<EvoformerBuffers> buffers;

  private Evoformer(Lanewise runtime, EvoformerConfig config, TensorStore weights) {
    this.config = config;
    this.weights = weights;
    blocks = new EvoformerBlock[config.layers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = new EvoformerBlock(runtime, weights, config, i);
    }
    buffers = new Pool<>(() -> EvoformerBuffers.of(config));
  }

  /** Random weights: the same seed gives the same bits on every machine. */
  public static TensorStore randomWeights(
      Lanewise runtime, EvoformerConfig config, long seed, Progress progress) {
    return TensorStore.random(runtime, EvoformerShapes.tensors(config), seed, progress);
  }

  /**
   * Prepares forward passes.
   *
   * @param weights as {@link #randomWeights} names them; must stay open as long as the model is
   *     used
   * @throws IllegalArgumentException if the weights are not those of the config
   */
  public static Evoformer prepare(Lanewise runtime, EvoformerConfig config, TensorStore weights) {
    return new Evoformer(runtime, config, weights);
  }

  /** The architecture. */
  public EvoformerConfig config() {
    return config;
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}.
   *
   * @return whether all of them came to run compiled
   */
  public boolean warmUp() {
    weights.enter();
    try {
      return blocks[0].warmUp();
    } finally {
      weights.exit();
    }
  }

  /**
   * Updates both representations in place.
   *
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if the state is of another config
   * @throws IllegalStateException if the weights, the state or the runtime are closed
   */
  public void forward(EvoformerState state, PartTimes times) {
    if (!state.config().equals(config)) {
      throw new IllegalArgumentException(
          "state is of " + state.config() + ", must be of " + config);
    }
    weights.enter();
    try {
      EvoformerBuffers b = buffers.take();
      try {
        times.start();
        for (int i = 0; i < blocks.length; i++) {
          blocks[i].forward(state, b, times);
          times.layerDone(i + 1, blocks.length);
        }
      } finally {
        buffers.give(b);
      }
    } finally {
      weights.exit();
    }
  }

  /** The memory that passes take. */
  public static MemoryPlan plan(EvoformerConfig config, int threads) {
    var tensors = EvoformerShapes.tensors(config);
    long state =
        (long) config.msaRows() * config.widths().msa()
            + (long) config.pairRows() * config.widths().pair();
    long scratch =
        Math.max(
            Gemm.scratchBytesPerThread(Math.max(config.msaRows(), config.pairRows())),
            Attention.scratchBytesPerThread(
                AttentionSpec.of(config.msaHeads(), config.msaHeads(), config.headDim(), false)));
    return new MemoryPlan(
        TensorStore.parameters(tensors),
        TensorStore.bytes(tensors),
        0,
        (state + EvoformerShapes.floats(config)) * Float.BYTES,
        threads * scratch);
  }

  /** Floating point operations of the products of one pass; a multiply-add counts as two. */
  public static long flops(EvoformerConfig config) {
    return EvoformerCost.flops(config);
  }
}
