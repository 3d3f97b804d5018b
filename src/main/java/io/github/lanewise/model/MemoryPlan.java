package io.github.lanewise.model;

import io.github.lanewise.op.Attention;
import io.github.lanewise.op.Gemm;

/**
 * The memory that running a model takes, known from its config before anything is allocated.
 *
 * @param parameters learned numbers of the architecture, however many of them are kept
 * @param weightsBytes the weights, packed
 * @param cacheBytes the key-value cache; 0 for an encoder
 * @param activationBytes what a forward pass writes between its layers, its logits, and the tables
 *     of rotations
 * @param scratchBytes working memory of the threads, and of decoding
 */
public record MemoryPlan(
    long parameters, long weightsBytes, long cacheBytes, long activationBytes, long scratchBytes) {

  /**
   * Plans one sequence.
   *
   * @param threads threads of the runtime
   * @param maxTokens most tokens of one forward pass
   * @param capacity positions of the key-value cache, prompt and generated ones; ignored for an
   *     encoder
   * @throws IllegalArgumentException if a number is not positive
   */
  public static MemoryPlan of(ModelConfig config, int threads, int maxTokens, int capacity) {
    return of(config, Storing.FLOATS, threads, maxTokens, capacity);
  }

  /** The same for a model that is kept as {@code storing} says. */
  public static MemoryPlan of(
      ModelConfig config, Storing storing, int threads, int maxTokens, int capacity) {
    requirePositive("threads", threads);
    requirePositive("maxTokens", maxTokens);
    requirePositive("capacity", capacity);
    boolean decoder = config.kind() == ModelConfig.Kind.DECODER;
    long parameters = 0;
    long bytes = 0;
    for (Tensor tensor : Tensor.ofLayer(config, 0)) {
      parameters += config.layers() * tensor.parameters();
      bytes += storing.layers(config) * tensor.bytes(storing.weights());
    }
    for (Tensor tensor : Tensor.aroundLayers(config)) {
      parameters += tensor.parameters();
      bytes += tensor.bytes(storing.weights());
    }
    return new MemoryPlan(
        parameters,
        bytes,
        decoder ? KvCache.bytesFor(config, storing.cache(), 1, capacity) : 0,
        activations(config, maxTokens)
            + positions(config, maxTokens, decoder ? capacity : maxTokens),
        threads * scratch(config, maxTokens) + (decoder ? decoding(config) : 0));
  }

  /** All of it. */
  public long totalBytes() {
    return weightsBytes + cacheBytes + activationBytes + scratchBytes;
  }

  /** Whether it fits into {@code availableBytes}. */
  public boolean fitsIn(long availableBytes) {
    return totalBytes() <= availableBytes;
  }

  /** Bytes that this machine could still give to this process without swapping. */
  public static long availableBytes() {
    return MachineMemory.availableBytes();
  }

  private static long activations(ModelConfig config, int maxTokens) {
    long bytes = Workspace.bytesFor(config, maxTokens);
    if (config.kind() == ModelConfig.Kind.DECODER) {
      bytes += (long) config.vocabulary() * Float.BYTES;
    }
    return bytes;
  }

  private static long positions(ModelConfig config, int maxTokens, int positions) {
    return Rotation.bytes(config, positions) + RelativeBias.bytes(config, maxTokens, positions);
  }

  private static long scratch(ModelConfig config, int maxTokens) {
    return Math.max(
        Gemm.scratchBytesPerThread(maxTokens),
        Attention.scratchBytesPerThread(AttentionConfig.spec(config, 0)));
  }

  private static long decoding(ModelConfig config) {
    return Attention.partialBytesPerSequence(AttentionConfig.spec(config, 0));
  }

  private static void requirePositive(String name, int value) {
    Checks.require(value >= 1, name + " is " + value + ", must be at least 1");
  }
}
