package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Storing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a run of random tokens is laid out before anything is allocated.
 *
 * @param prompt tokens of the prompt
 * @param chunk tokens of it that one forward pass takes
 * @param decode tokens generated after it
 * @param why the storage was chosen
 */
record PromptPlan(
    ModelConfig model,
    int threads,
    int prompt,
    int chunk,
    int decode,
    Storing storing,
    MemoryPlan memory,
    long available,
    String why) {

  /**
   * Plans with the given storage of the weights, or with the widest of f32 and bf16 that fits, or
   * with bf16 if neither does.
   */
  static PromptPlan of(
      ModelConfig model,
      int threads,
      int prompt,
      int chunk,
      int decode,
      Storing wanted,
      @Nullable Storage weights,
      long available) {
    if (weights != null) {
      return with(
          model,
          threads,
          prompt,
          chunk,
          decode,
          wanted.withWeights(weights),
          available,
          "as asked for");
    }
    PromptPlan floats =
        with(
            model,
            threads,
            prompt,
            chunk,
            decode,
            wanted.withWeights(Storage.F32),
            available,
            "fits");
    if (floats.fits()) {
      return floats;
    }
    String why =
        "f32 would need "
            + bytes(floats.memory.totalBytes())
            + " of the "
            + bytes(available)
            + " available";
    return floats.with(wanted.withWeights(Storage.BF16), why);
  }

  private static PromptPlan with(
      ModelConfig model,
      int threads,
      int prompt,
      int chunk,
      int decode,
      Storing storing,
      long available,
      String why) {
    MemoryPlan memory = MemoryPlan.of(model, storing, threads, chunk, prompt + decode);
    return new PromptPlan(model, threads, prompt, chunk, decode, storing, memory, available, why);
  }

  private PromptPlan with(Storing other, String reason) {
    return with(model, threads, prompt, chunk, decode, other, available, reason);
  }

  /**
   * The same of another length, with weights in another storage; in the same parts if this has any.
   */
  PromptPlan with(Storage weights, int tokens) {
    int part = chunk < prompt ? chunk : PlanOptions.usualChunk(tokens);
    boolean whole = model.kind() != ModelConfig.Kind.DECODER;
    return with(
        model,
        threads,
        tokens,
        whole ? tokens : Math.min(part, tokens),
        decode,
        storing.withWeights(weights),
        available,
        why);
  }

  boolean fits() {
    return memory.fitsIn(available);
  }

  /** Bytes of the weights in another storage. */
  long weightsBytes(Storage storage) {
    return with(storing.withWeights(storage), why).memory.weightsBytes();
  }

  /** What is wrong with a plan that does not fit, and what would. */
  String refusal() {
    String needs =
        format(
            "%s needs %s (%s) with weights in %s but only %s are available",
            model.name(),
            bytes(memory.totalBytes()),
            RunReport.describe(memory),
            PlanOptions.key(storing.weights()),
            bytes(available));
    List<String> ways = ways();
    return ways.isEmpty()
        ? needs + ": take fewer --tokens, or a smaller model"
        : needs + ": what would fit is " + String.join(", or ", ways);
  }

  private List<String> ways() {
    List<String> ways = new ArrayList<>();
    if (storing.weights() == Storage.F32) {
      addIfItFits(ways, "--storage bf16", storing.withWeights(Storage.BF16));
    }
    if (memory.cacheBytes() > 0 && storing.cache() == Storage.F32) {
      addIfItFits(ways, "--cache-storage bf16", storing.withCache(Storage.BF16));
    }
    if (!storing.shareLayer()) {
      addIfItFits(ways, "--share-layer", storing.withShareLayer(true));
    }
    if (prompt == chunk && chunk > 512 && model.kind() == ModelConfig.Kind.DECODER) {
      if (with(model, threads, prompt, 512, decode, storing, available, why).fits()) {
        ways.add("--chunk 512");
      }
    }
    int layers = layersThatFit();
    if (layers > 0) {
      ways.add("--layers " + layers + " or fewer");
    }
    return ways;
  }

  private void addIfItFits(List<String> ways, String option, Storing other) {
    if (with(other, why).fits()) {
      ways.add(option);
    }
  }

  private int layersThatFit() {
    int low = 0;
    int high = model.layers() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      ModelConfig fewer = model.withLayers(middle);
      if (with(fewer, threads, prompt, chunk, decode, storing, available, why).fits()) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
