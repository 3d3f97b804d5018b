package io.github.lanewise.bench;

import io.github.lanewise.memory.Storage;
import java.util.List;

/** What can be measured. */
public enum Operation {
  /** Products of matrices, {@code MxNxK}. */
  GEMM("gemm"),
  /** Softmax of rows, {@code RxC}. */
  SOFTMAX("softmax"),
  /** Attention, {@code b1,h12[,kv4],q2048,k2048,d64[,causal]}. */
  ATTENTION("attention"),
  /** Batches of sentences to vectors, {@code BxT}; made by {@link EmbedWorkload#parse}. */
  EMBED("embed");

  private final String key;

  Operation(String key) {
    this.key = key;
  }

  /** As users write it. */
  public String key() {
    return key;
  }

  /** Whether a call writes as much as it reads, so that memory limits it as it limits a copy. */
  boolean copies() {
    return this == SOFTMAX;
  }

  /**
   * Reads a shape as a user wrote it.
   *
   * @param plain whether a gemm packs in the call
   * @param storage of a gemm's packed weights
   * @throws IllegalArgumentException that names what is wrong, and what is allowed
   */
  public Workload workload(String shape, boolean plain, Storage storage) {
    return switch (this) {
      case GEMM -> GemmWorkload.parse(shape, plain, storage);
      case SOFTMAX -> SoftmaxWorkload.parse(shape);
      case ATTENTION -> AttentionWorkload.parse(shape);
      case EMBED -> throw new IllegalArgumentException("shape '" + shape + "': needs a model");
    };
  }

  /** The same with what a gemm does by default: weights packed before, as f32. */
  Workload workload(String shape) {
    return workload(shape, false, Storage.F32);
  }

  /** Shapes that are measured when none is given. */
  public List<String> usualShapes(boolean plain) {
    return switch (this) {
      case GEMM -> plain ? GemmWorkload.PLAIN_SHAPES : GemmWorkload.SHAPES;
      case SOFTMAX -> SoftmaxWorkload.SHAPES;
      case ATTENTION -> AttentionWorkload.SHAPES;
      case EMBED -> EmbedWorkload.SHAPES;
    };
  }
}
