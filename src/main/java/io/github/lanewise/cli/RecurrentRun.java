package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.counted;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.rounded;

import io.github.lanewise.bench.Recurrence;
import io.github.lanewise.bench.RecurrencePicture;
import io.github.lanewise.bench.RecurrenceVerdict;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.recurrent.Lstm;
import io.github.lanewise.model.recurrent.LstmState;
import io.github.lanewise.model.recurrent.LstmWeights;
import io.github.lanewise.model.recurrent.RecurrentConfig;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** {@code run} of an LSTM, and beside it of attention on the same tokens. */
final class RecurrentRun extends ModelRun {
  private static final int USUAL_TOKENS = 512;

  /** Of the time for a measurement, for each length with each number of threads. */
  private static final double BUDGET_SHARE = 0.02;

  /** Likewise for all of them, unless --tokens says how far to go. */
  private static final double WHOLE_SHARE = 4;

  /** How far the comparison goes at most, unless --tokens says it. */
  private static final int USUAL_COMPARED = 8192;

  private final RecurrentConfig config;
  private final int tokens;
  private final int compared;
  private final @Nullable Path picture;
  private final List<Recurrence.Point> points = new ArrayList<>();

  RecurrentRun(Path file, RunOptions options) {
    super(options);
    RecurrentConfig whole = RecurrentConfig.load(file);
    config = whole.withLayers(options.layersOf(whole.layers(), whole.name()));
    options.refuse("--decode", options.decode(), RecurrentConfig.KIND);
    options.more().allow(options.common(), config.name(), "--svg");
    picture = options.more().picture(common());
    int most = config.contextWindow();
    tokens = options.tokens() == null ? Math.min(USUAL_TOKENS, most) : options.tokens();
    common().between("--tokens", tokens, 1, most, "the context window of " + config.name());
    compared = options.tokens() == null ? Math.min(USUAL_COMPARED, most) : tokens;
  }

  @Override
  String name() {
    return config.name();
  }

  @Override
  String title() {
    return format(
        "%s: recurrent, %s, width %d, %s",
        config.name(),
        counted(config.layers(), "layer"),
        config.dModel(),
        counted(tokens, "token"));
  }

  @Override
  MemoryPlan plan(int threads) {
    MemoryPlan own = Lstm.plan(config, threads, 1, tokens);
    // What the run has used is freed when the collector finds it: perhaps not before comparing.
    return new MemoryPlan(
        own.parameters(),
        own.weightsBytes(),
        own.cacheBytes(),
        own.activationBytes() + Recurrence.bytes(config, compared, threads),
        own.scratchBytes());
  }

  @Override
  Measurement measure(Lanewise runtime) {
    try (LstmWeights weights = weights(runtime);
        Arena arena = Arena.ofShared()) {
      Lstm lstm = Lstm.prepare(runtime, weights, 1, tokens);
      // What did not come to run compiled shows in the figures.
      boolean unused = lstm.warmUp();
      Matrix inputs = inputs(arena);
      Matrix outputs = Matrix.allocate(arena, tokens, config.dModel());
      LstmState state = LstmState.zero(arena, config, 1);
      PassTimer.Result passes =
          new PassTimer(options().nanos())
              .time(
                  "steps",
                  times -> {
                    state.clear();
                    lstm.forward(inputs, state, outputs, times);
                  });
      return Measurement.of(
          "sequence", passes, tokens, Measurement.Units.tokens(tokens), Lstm.flops(config, tokens));
    }
  }

  private LstmWeights weights(Lanewise runtime) {
    try (ProgressBars.Bar bar = ProgressBars.start("weights")) {
      return LstmWeights.random(runtime, config, options().seed(), bar);
    }
  }

  private Matrix inputs(Arena arena) {
    SplittableRandom random = new SplittableRandom(options().seed());
    Matrix inputs = Matrix.allocate(arena, tokens, config.dModel());
    for (int r = 0; r < inputs.rows(); r++) {
      for (int c = 0; c < inputs.columns(); c++) {
        inputs.set(r, c, (float) random.nextDouble(-1, 1));
      }
    }
    return inputs;
  }

  @Override
  void compare() {
    double nanos = options().nanos();
    double whole = options().tokens() == null ? WHOLE_SHARE * nanos : Double.POSITIVE_INFINITY;
    Recurrence recurrence = new Recurrence(config, compared, BUDGET_SHARE * nanos, whole);
    try (ProgressBars.Bar bar = ProgressBars.start("comparison")) {
      points.addAll(recurrence.run(common().threads(), options().seed(), bar));
    }
    common().text().println();
    common()
        .text()
        .println(
            format(
                "An LSTM layer and a layer of causal attention, width %d, %d heads:",
                config.dModel(), config.heads()));
    common()
        .text()
        .println(
            format(
                "%8s %8s %13s %13s %12s %12s %9s",
                "tokens", "threads", "LSTM", "attention", "tokens/s", "tokens/s", "speed-up"));
    for (Recurrence.Point point : points) {
      common()
          .text()
          .println(
              format(
                  "%8d %8d %10.3f ms %10.3f ms %12.0f %12.0f %8.2fx",
                  point.tokens(),
                  point.threads(),
                  point.lstmNanos() / 1e6,
                  point.attentionNanos() / 1e6,
                  point.tokens() * 1e9 / point.lstmNanos(),
                  point.tokens() * 1e9 / point.attentionNanos(),
                  point.speedup()));
    }
    RecurrenceVerdict.of(points, config.dModel()).forEach(common().text()::println);
    int reached = points.getLast().tokens();
    if (reached < compared) {
      common()
          .text()
          .println(
              format(
                  "Longer ones would take too long here: --tokens %d measures them.", 2 * reached));
    }
    common().text().flush();
    if (picture != null) {
      PictureFile.write(picture, RecurrencePicture.of(points, config.name(), config.dModel()));
    }
  }

  @Override
  Map<String, Object> json() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Recurrence.Point point : points) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("tokens", point.tokens());
      row.put("threads", point.threads());
      row.put("lstmMillis", rounded(point.lstmNanos() / 1e6));
      row.put("attentionMillis", rounded(point.attentionNanos() / 1e6));
      row.put("attentionSpeedup", rounded(point.speedup()));
      rows.add(row);
    }
    return Map.of("comparison", rows);
  }
}
