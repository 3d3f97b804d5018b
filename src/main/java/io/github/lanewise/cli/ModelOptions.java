package io.github.lanewise.cli;

import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.op.Lanewise;

/** Which model, and where its weights come from. */
final class ModelOptions {
  /** Made by picocli. */
  ModelOptions() {}

  EmbeddingModel open(Lanewise runtime, CommonOptions common) {
    throw common.wrongUsage("no loader");
  }
}
