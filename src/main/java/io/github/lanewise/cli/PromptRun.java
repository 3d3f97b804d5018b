package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.bytes;
import static io.github.lanewise.cli.Figures.count;
import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.Cost;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Storing;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Lanewise;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code run} of a decoder or an encoder on random tokens: planned first, then measured. */
final class PromptRun {
  static final String NO_MODEL =
      "all layers use the weights of layer 0: this measures time and is not a model";

  private final CommonOptions common;
  private final PromptPlan plan;
  private final long seed;
  private final long nanos;

  /** Plans it; {@code nanos} for the warm-up, and again for the measurement. */
  PromptRun(CommonOptions common, PromptPlan plan, long seed, long nanos) {
    this.common = common;
    this.plan = plan;
    this.seed = seed;
    this.nanos = nanos;
  }

  /**
   * Runs it.
   *
   * @throws IllegalStateException if it does not fit into memory
   */
  void run() {
    RunReport report = begin();
    if (!plan.fits()) {
      throw new IllegalStateException(plan.refusal());
    }
    Measurement measured = measure();
    RunLimits limits = RunLimits.of(measured, plan.threads());
    long peakBytes = MachineInfo.peakBytes(plan.memory().totalBytes());
    report.end(measured, limits, peakBytes);
    if (common.json()) {
      common
          .out()
          .println(
              RunReport.json(
                  plan.model().name(),
                  plan.threads(),
                  plan.memory(),
                  measured,
                  limits,
                  peakBytes,
                  json()));
    }
  }

  /** Predicts what {@link #run} would say; fits or not. */
  void estimate() {
    begin();
    PromptEstimate estimate = PromptEstimate.measure(plan);
    estimate.print(common.text());
    if (common.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("config", plan.model().name());
      json.put("tokens", plan.prompt());
      json.put("threads", plan.threads());
      json.put("parameters", plan.memory().parameters());
      json.put("weightsBytes", plan.memory().weightsBytes());
      json.putAll(json());
      json.putAll(estimate.json());
      common.out().println(JsonLine.of(json));
    }
  }

  private RunReport begin() {
    RunReport report = new RunReport(common.text());
    report.begin(plan.model(), plan.prompt(), plan.decode(), plan.threads(), seed);
    report.memory(plan.memory(), plan.available());
    PrintWriter out = common.text();
    out.println(
        format(
            "weights  %s in %s (%s); f32 %s, bf16 or f16 %s",
            bytes(plan.memory().weightsBytes()),
            PlanOptions.key(storing().weights()),
            plan.why(),
            bytes(plan.weightsBytes(Storage.F32)),
            bytes(plan.weightsBytes(Storage.BF16))));
    if (isDecoder()) {
      out.println(
          format(
              "cache    %s in %s, %s a token",
              bytes(plan.memory().cacheBytes()),
              PlanOptions.key(storing().cache()),
              bytes(plan.memory().cacheBytes() / (plan.prompt() + plan.decode()))));
    }
    out.println(operations());
    if (storing().shareLayer()) {
      out.println("note     " + NO_MODEL);
    }
    out.flush();
    return report;
  }

  private String operations() {
    String prefill =
        format(
            "work     %s operations%s, %s scores a head and layer",
            count(prefillFlops()),
            plan.chunk() < plan.prompt() ? " in parts of " + plan.chunk() + " tokens" : "",
            count(scores()));
    return isDecoder()
        ? prefill + format("; %s operations a decoded token", count(decodeFlops()))
        : prefill;
  }

  private boolean isDecoder() {
    return plan.model().kind() == ModelConfig.Kind.DECODER;
  }

  private Storing storing() {
    return plan.storing();
  }

  private long prefillFlops() {
    return Cost.flops(plan.model(), 0, plan.prompt());
  }

  /** Of the first token after the prompt. */
  private long decodeFlops() {
    return Cost.flops(plan.model(), plan.prompt(), 1);
  }

  /** n², masked or not. */
  private long scores() {
    return (long) plan.prompt() * plan.prompt();
  }

  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("storage", PlanOptions.key(storing().weights()));
    json.put("storageWhy", plan.why());
    json.put("flops", prefillFlops());
    json.put("scoresPerHead", scores());
    if (isDecoder()) {
      json.put("cacheStorage", PlanOptions.key(storing().cache()));
      json.put("cacheBytes", plan.memory().cacheBytes());
      json.put("chunk", plan.chunk());
      json.put("decodeFlops", decodeFlops());
    }
    json.put("shareLayer", storing().shareLayer());
    if (storing().shareLayer()) {
      json.put("note", NO_MODEL);
    }
    json.put("plannedBytes", plan.memory().totalBytes());
    json.put("availableBytes", plan.available());
    return json;
  }

  private Measurement measure() {
    try (Lanewise runtime = Lanewise.create(plan.threads());
        Weights weights = weights(runtime)) {
      return Measurement.of(runtime, weights, plan, seed, nanos);
    }
  }

  private Weights weights(Lanewise runtime) {
    try (ProgressBars.Bar bar = ProgressBars.start("weights")) {
      return Weights.random(runtime, plan.model(), seed, storing(), bar);
    }
  }
}
