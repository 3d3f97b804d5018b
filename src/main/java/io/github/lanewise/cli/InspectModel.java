package io.github.lanewise.cli;

import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.Inspector;
import io.github.lanewise.inspect.Word;
import io.github.lanewise.model.AttentionTracer;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model to look into, with its real weights where there are some, else with made-up ones. */
final class InspectModel implements AutoCloseable {
  private static final int MOST_WORDS = 512;

  private final Weights weights;
  private final Inspector inspector;
  private final boolean real;
  private final KeptStudy study;

  private InspectModel(
      Lanewise runtime, Weights weights, Tokenizer tokenizer, boolean real, KeptStudy study) {
    this.weights = weights;
    this.real = real;
    this.study = study;
    int most = tokenizer.maxTokens();
    inspector = new Inspector(AttentionTracer.prepare(runtime, weights, most), tokenizer);
  }

  static InspectModel load(Lanewise runtime, ModelConfig config, WeightFiles files) {
    KeptStudy study = KeptStudy.find(config, files);
    Tokenizer tokenizer =
        Tokenizer.load(files.tokenizer(), config.vocabulary(), config.maxTokens());
    return of(runtime, Weights.load(runtime, config, files.tensors()), tokenizer, true, study);
  }

  /** With room for a text, or for the sentences that come with Lanewise if it is null. */
  static InspectModel random(
      Lanewise runtime, ModelConfig config, long seed, int threads, @Nullable String text) {
    int words = text == null ? MOST_WORDS : Math.max(1, Word.of(text).size());
    int tokens = Math.min(words, config.maxTokens());
    MemoryPlan plan = MemoryPlan.of(config, threads, tokens, tokens);
    long maps = (long) config.layers() * config.heads() * tokens * tokens * Float.BYTES;
    long needed = plan.totalBytes() + maps;
    long available = MemoryPlan.availableBytes();
    if (needed > available) {
      throw new IllegalStateException(
          config.name()
              + " needs "
              + Figures.bytes(needed)
              + " for "
              + tokens
              + " tokens but only "
              + Figures.bytes(available)
              + " are available: take a smaller model");
    }
    Tokenizer tokenizer = new MadeUpTokens(config.vocabulary(), tokens);
    return of(runtime, Weights.random(runtime, config, seed), tokenizer, false, KeptStudy.none());
  }

  private static InspectModel of(
      Lanewise runtime, Weights weights, Tokenizer tokenizer, boolean real, KeptStudy study) {
    try {
      return new InspectModel(runtime, weights, tokenizer, real, study);
    } catch (Throwable failed) {
      weights.close();
      throw failed;
    }
  }

  Inspector inspector() {
    return inspector;
  }

  /**
   * What its heads do.
   *
   * @param anew whether to study them although the outcome of an earlier study was kept
   */
  List<HeadProfile> heads(boolean anew) {
    return anew ? study.study(inspector) : study.heads(inspector);
  }

  /** Whether the weights were learned, so that it means something what a head does. */
  boolean isReal() {
    return real;
  }

  @Override
  public void close() {
    weights.close();
  }
}
