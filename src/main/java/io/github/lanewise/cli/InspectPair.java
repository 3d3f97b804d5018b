package io.github.lanewise.cli;

import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.model.AttentionTrace;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.seq2seq.Seq2Seq;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig.Inputs;
import io.github.lanewise.model.seq2seq.Seq2SeqState;
import io.github.lanewise.model.seq2seq.Seq2SeqWeights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Token;
import java.util.List;
import java.util.Objects;

/**
 * What an encoder-decoder with made-up weights attends to in two texts, a token a word.
 *
 * @param encoder from the source to itself
 * @param decoder from the target to itself
 * @param cross from the target to the source
 */
record InspectPair(AttentionMaps encoder, AttentionMaps decoder, AttentionMaps cross) {
  /** Runs the model on both texts. */
  static InspectPair of(
      Seq2SeqConfig config, int threads, long seed, String source, String target) {
    List<Token> read = tokens(config, config.encoder(), source);
    List<Token> written = tokens(config, config.decoder(), target);
    requireMemory(config, threads, read.size(), written.size());
    try (Lanewise runtime = Lanewise.create(threads);
        Seq2SeqWeights weights = Seq2SeqWeights.random(runtime, config, seed, Progress.NONE)) {
      Seq2Seq model = Seq2Seq.prepare(runtime, weights, read.size(), written.size());
      try (Seq2SeqState state = model.newState(read.size(), written.size())) {
        Seq2Seq.Trace trace = model.trace(ids(read), ids(written), state);
        AttentionTrace cross = Objects.requireNonNull(trace.decoder().cross());
        return new InspectPair(
            maps(config.name() + ", encoder", source, read, source, read, false, trace.encoder()),
            maps(
                config.name() + ", decoder",
                target,
                written,
                target,
                written,
                true,
                trace.decoder()),
            maps(config.name() + ", cross", target, written, source, read, false, cross));
      }
    }
  }

  /** The config, if it is of a model that reads tokens. */
  static Seq2SeqConfig check(Seq2SeqConfig config, CommonOptions common) {
    if (config.inputs() != Inputs.TOKENS) {
      throw common.wrongUsage(config.name() + " reads features, must read tokens");
    }
    return config;
  }

  private static void requireMemory(Seq2SeqConfig config, int threads, int read, int written) {
    long heads = (long) config.layers() * config.decoder().heads();
    long maps = heads * (read + written) * (read + written) * Float.BYTES;
    long needed = Seq2Seq.plan(config, threads, read, written).totalBytes() + maps;
    long available = MemoryPlan.availableBytes();
    if (needed > available) {
      throw new IllegalStateException(
          "%s needs %s for these texts but only %s are available: take shorter ones"
              .formatted(config.name(), Figures.bytes(needed), Figures.bytes(available)));
    }
  }

  private static List<Token> tokens(Seq2SeqConfig config, ModelConfig stack, String text) {
    return new MadeUpTokens(config.decoder().vocabulary(), stack.contextWindow()).explain(text);
  }

  private static int[] ids(List<Token> tokens) {
    return tokens.stream().mapToInt(Token::id).toArray();
  }

  private static AttentionMaps maps(
      String model,
      String queryText,
      List<Token> queries,
      String keyText,
      List<Token> keys,
      boolean causal,
      AttentionTrace trace) {
    float[][] weights = new float[trace.layers()][];
    for (int layer = 0; layer < weights.length; layer++) {
      weights[layer] = trace.layer(layer);
    }
    return new AttentionMaps(
        model, queryText, queries, keyText, keys, causal, trace.heads(), weights);
  }
}
