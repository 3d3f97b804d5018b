package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Cost;
import io.github.lanewise.model.Decoder;
import io.github.lanewise.model.Encoder;
import io.github.lanewise.model.KvCache;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.SentenceEncoder;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokens;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What running a model took.
 *
 * @param of what a pass is over
 * @param prompt passes over the prompt, or the sentences
 * @param tokens tokens of the prompt
 * @param units what a pass is counted as in its rate, and how many it has: its tokens, or else
 * @param flops floating point operations of such a pass
 * @param decode greedy decoding, if asked for
 */
record Measurement(
    String of,
    PassTimer.Result prompt,
    int tokens,
    Units units,
    long flops,
    @Nullable Decoding decode) {

  /**
   * Greedy decoding.
   *
   * @param runs runs of it
   * @param tokens tokens that each of them generated
   * @param bytes bytes of weights, keys and values that one of these reads on average, or 0 if that
   *     is not known
   */
  record Decoding(PassTimer.Result runs, int tokens, long bytes) {
    double tokensPerSecond() {
      return tokens * 1e9 / runs.nanos();
    }

    double readGBs() {
      return bytes * tokensPerSecond() / 1e9;
    }
  }

  /** So many images, say. */
  record Units(int count, String name) {
    static Units tokens(int count) {
      return new Units(count, "tokens");
    }
  }

  /** A pass without decoding. */
  static Measurement of(String what, PassTimer.Result passes, int tokens, Units units, long flops) {
    return new Measurement(what, passes, tokens, units, flops, null);
  }

  /** Warms up for about {@code nanos}, then measures as long. */
  static Measurement of(Lanewise runtime, Weights weights, PromptPlan plan, long seed, long nanos) {
    int[] prompt =
        new SplittableRandom(seed).ints(plan.prompt(), 0, weights.config().vocabulary()).toArray();
    PassTimer timer = new PassTimer(nanos);
    return weights.config().kind() == ModelConfig.Kind.DECODER
        ? ofDecoder(runtime, weights, prompt, plan, timer)
        : ofEncoder(runtime, weights, prompt, timer);
  }

  /** Sentences in one batch, over and over. */
  static Measurement ofSentences(SentenceEncoder encoder, List<Tokens> sentences, long nanos) {
    int[] offsets = new int[sentences.size() + 1];
    long flops = 0;
    for (int s = 0; s < sentences.size(); s++) {
      int length = sentences.get(s).ids().length;
      offsets[s + 1] = offsets[s] + length;
      flops += Cost.flops(encoder.config(), 0, length);
    }
    int[] ids = sentences.stream().flatMapToInt(text -> Arrays.stream(text.ids())).toArray();
    // What did not come to run compiled shows in the figures.
    boolean unused = encoder.warmUp();
    try (Arena arena = Arena.ofConfined()) {
      Matrix vectors = Matrix.allocate(arena, sentences.size(), encoder.dimensions());
      PassTimer.Result passes =
          new PassTimer(nanos)
              .time("tokens", times -> encoder.encode(ids, offsets, vectors, times));
      return of("batch", passes, ids.length, Units.tokens(ids.length), flops);
    }
  }

  double millis() {
    return prompt.nanos() / 1e6;
  }

  double tokensPerSecond() {
    return tokens * 1e9 / prompt.nanos();
  }

  /** What {@link #unitsPerSecond} counts. */
  String unit() {
    return units.name();
  }

  double unitsPerSecond() {
    return units.count() * 1e9 / prompt.nanos();
  }

  double gflops() {
    return (double) flops / prompt.nanos();
  }

  private static Measurement ofDecoder(
      Lanewise runtime, Weights weights, int[] prompt, PromptPlan plan, PassTimer timer) {
    int decodeTokens = plan.decode();
    Decoder decoder = Decoder.prepare(runtime, weights, plan.chunk());
    // What did not come to run compiled shows in the figures.
    boolean unused = decoder.warmUp();
    ModelConfig config = weights.config();
    try (KvCache cache = decoder.newCache(prompt.length + decodeTokens);
        Arena arena = Arena.ofShared()) {
      Matrix logits = Matrix.allocate(arena, 1, config.vocabulary());
      PassTimer.Result passes =
          prefill(decoder, cache, logits, chunks(prompt, plan.chunk()), timer);
      int first = Decoder.argmax(logits, 0);
      Decoding decoding = null;
      if (decodeTokens > 0) {
        PassTimer.Result runs =
            timer.timeSteps(
                "decode",
                decodeTokens,
                () -> cache.truncate(0, prompt.length),
                new GreedySteps(decoder, cache, logits, first));
        long bytes = Cost.tokenBytes(config, plan.storing(), plan.prompt() + decodeTokens / 2);
        decoding = new Decoding(runs, decodeTokens, bytes);
      }
      return new Measurement(
          "prompt",
          passes,
          prompt.length,
          Units.tokens(prompt.length),
          Cost.flops(config, 0, prompt.length),
          decoding);
    }
  }

  private static PassTimer.Result prefill(
      Decoder decoder, KvCache cache, Matrix logits, int[][] chunks, PassTimer timer) {
    int last = chunks.length - 1;
    if (last == 0) {
      return timer.time(
          "prompt",
          times -> {
            cache.clear();
            decoder.forward(chunks[0], cache, logits, times);
          });
    }
    return timer.timeSteps(
        "prompt",
        chunks.length,
        cache::clear,
        (step, times) -> {
          if (step < last) {
            decoder.append(chunks[step], cache, times);
          } else {
            decoder.forward(chunks[step], cache, logits, times);
          }
        });
  }

  private static int[][] chunks(int[] prompt, int chunk) {
    int[][] chunks = new int[Math.ceilDiv(prompt.length, chunk)][];
    for (int i = 0; i < chunks.length; i++) {
      int end = Math.min(prompt.length, (i + 1) * chunk);
      chunks[i] = Arrays.copyOfRange(prompt, i * chunk, end);
    }
    return chunks;
  }

  private static Measurement ofEncoder(
      Lanewise runtime, Weights weights, int[] tokens, PassTimer timer) {
    Encoder encoder = Encoder.prepare(runtime, weights, tokens.length);
    boolean unused = encoder.warmUp();
    ModelConfig config = weights.config();
    try (Arena arena = Arena.ofShared()) {
      Matrix hidden = Matrix.allocate(arena, tokens.length, config.dModel());
      int[] offsets = {0, tokens.length};
      PassTimer.Result passes =
          timer.time("tokens", times -> encoder.forward(tokens, offsets, hidden, times));
      long flops = Cost.flops(config, 0, tokens.length);
      return of("prompt", passes, tokens.length, Units.tokens(tokens.length), flops);
    }
  }

  /** One step feeds the last token and picks the next. */
  private static final class GreedySteps implements PassTimer.Step {
    private final Decoder decoder;
    private final KvCache cache;
    private final Matrix logits;
    private final int first;
    private final int[] token = new int[1];

    GreedySteps(Decoder decoder, KvCache cache, Matrix logits, int first) {
      this.decoder = decoder;
      this.cache = cache;
      this.logits = logits;
      this.first = first;
    }

    @Override
    public void run(int step, PartTimes times) {
      token[0] = step == 0 ? first : Decoder.argmax(logits, 0);
      decoder.forward(token, cache, logits, times);
    }
  }
}
