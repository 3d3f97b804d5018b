package io.github.lanewise.cli;

import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.inspect.Inspector;
import io.github.lanewise.model.AttentionTracer;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokenizer;

/** A model to look into, with its real weights where there are some, else with made-up ones. */
final class InspectModel implements AutoCloseable {
  private final Weights weights;
  private final Inspector inspector;
  private final boolean real;

  private InspectModel(Lanewise runtime, Weights weights, Tokenizer tokenizer, boolean real) {
    this.weights = weights;
    this.real = real;
    int most = tokenizer.maxTokens();
    inspector = new Inspector(AttentionTracer.prepare(runtime, weights, most), tokenizer);
  }

  static InspectModel load(Lanewise runtime, ModelConfig config, WeightFiles files) {
    Tokenizer tokenizer =
        Tokenizer.load(files.tokenizer(), config.vocabulary(), config.contextWindow());
    return of(runtime, Weights.load(runtime, config, files.tensors()), tokenizer, true);
  }

  static InspectModel random(Lanewise runtime, ModelConfig config, long seed) {
    Tokenizer tokenizer = new MadeUpTokens(config.vocabulary(), config.contextWindow());
    return of(runtime, Weights.random(runtime, config, seed), tokenizer, false);
  }

  private static InspectModel of(
      Lanewise runtime, Weights weights, Tokenizer tokenizer, boolean real) {
    try {
      return new InspectModel(runtime, weights, tokenizer, real);
    } catch (Throwable failed) {
      weights.close();
      throw failed;
    }
  }

  Inspector inspector() {
    return inspector;
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
