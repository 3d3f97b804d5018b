package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.Origin;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.seq2seq.Seq2Seq;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig.Inputs;
import io.github.lanewise.model.seq2seq.Seq2SeqState;
import io.github.lanewise.model.seq2seq.Seq2SeqWeights;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** {@code run} of an encoder-decoder: a made-up source is encoded, then a target decoded. */
final class Seq2SeqRun extends ModelRun {
  private static final int USUAL_TOKENS = 128;

  private final Seq2SeqConfig config;
  private final int source;
  private final int decode;

  Seq2SeqRun(Path file, RunOptions options) {
    super(options);
    Seq2SeqConfig whole = Seq2SeqConfig.load(file);
    config = whole.withLayers(options.layersOf(whole.layers(), whole.name()));
    options.more().allow(options.common(), config.name());
    boolean tokens = config.inputs() == Inputs.TOKENS;
    int window = config.encoder().contextWindow();
    int usual = tokens ? Math.min(USUAL_TOKENS, window) : window;
    source = options.tokens() == null ? usual : options.tokens();
    int most = config.encoder().mostPositions();
    common().between("--tokens", source, 1, most, "the positions of the encoder");
    decode = options.decode() == null ? 0 : options.decode();
    int longest = config.decoder().mostPositions();
    common().between("--decode", decode, 0, longest, "the positions of the decoder");
  }

  @Override
  String name() {
    return config.name();
  }

  @Override
  String title() {
    String what =
        format(
            "%s: encoder-decoder, %d + %d layers, %d %s",
            config.name(),
            config.encoder().layers(),
            config.decoder().layers(),
            source,
            config.inputs() == Inputs.TOKENS ? "tokens" : "features");
    return decode == 0 ? what : what + " + " + decode + " decoded";
  }

  @Override
  Origin origin() {
    return config.origin();
  }

  @Override
  MemoryPlan plan(int threads) {
    return Seq2Seq.plan(config, threads, source, Math.max(1, decode));
  }

  @Override
  Measurement measure(Lanewise runtime) {
    try (Seq2SeqWeights weights = weights(runtime);
        Arena arena = Arena.ofShared()) {
      Seq2Seq model = Seq2Seq.prepare(runtime, weights, source, 1);
      // What did not come to run compiled shows in the figures.
      boolean unused = model.warmUp();
      try (Seq2SeqState state = model.newState(source, Math.max(1, decode))) {
        PassTimer timer = new PassTimer(options().nanos());
        PassTimer.Result passes = timer.time("source", reading(model, state, arena));
        Measurement.Decoding decoding = null;
        if (decode > 0) {
          PassTimer.Result runs =
              timer.timeSteps(
                  "decode", decode, () -> state.truncate(0), new GreedySteps(model, state));
          decoding = new Measurement.Decoding(runs, decode, 0);
        }
        return new Measurement(
            "encode",
            passes,
            source,
            Measurement.Units.tokens(source),
            Seq2Seq.encodeFlops(config, source),
            decoding);
      }
    }
  }

  private PassTimer.Pass reading(Seq2Seq model, Seq2SeqState state, Arena arena) {
    SplittableRandom random = new SplittableRandom(options().seed());
    if (config.inputs() == Inputs.TOKENS) {
      int[] tokens = random.ints(source, 0, config.decoder().vocabulary()).toArray();
      return times -> model.encode(tokens, state, times);
    }
    Matrix features = Matrix.allocate(arena, source, config.encoder().dModel());
    for (int row = 0; row < source; row++) {
      for (int column = 0; column < features.columns(); column++) {
        features.set(row, column, (float) random.nextDouble(-1, 1));
      }
    }
    return times -> model.encodeFeatures(features, state, times);
  }

  private Seq2SeqWeights weights(Lanewise runtime) {
    try (ProgressBars.Bar bar = ProgressBars.start("weights")) {
      return Seq2SeqWeights.random(runtime, config, options().seed(), bar);
    }
  }

  /** One step feeds the last token and picks the next; it goes on behind the end of the text. */
  private final class GreedySteps implements PassTimer.Step {
    private final Seq2Seq model;
    private final Seq2SeqState state;
    private int token;

    GreedySteps(Seq2Seq model, Seq2SeqState state) {
      this.model = model;
      this.state = state;
    }

    @Override
    public void run(int step, PartTimes times) {
      token = model.step(step == 0 ? config.startToken() : token, state, times);
    }
  }

  @Override
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    if (config.origin().assumption() != null) {
      json.put("assumed", config.origin().assumption());
    }
    return json;
  }
}
