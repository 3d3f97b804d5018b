package io.github.lanewise.cli;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.EmbeddingModel;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Storing;
import io.github.lanewise.op.Lanewise;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code run}: builds the model that a config describes, runs it and reports. */
@Command(
    name = "run",
    sortOptions = false,
    description = {
      "Build the model that CONFIG describes, run it and time it.",
      "A model of sentences whose config names its weights embeds some and shows which are alike."
          + " Any other runs a prompt of random tokens with seeded random weights, and so does every"
          + " model with --tokens, --layers, --decode, --seed or an option that says how it is kept."
    })
final class RunCommand implements Callable<Integer> {
  private static final int USUAL_TOKENS = 128;
  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ModelOptions models = new ModelOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "CONFIG",
      description =
          "Architecture config (JSON). Default: that of --weights, else "
              + ModelOptions.USUAL
              + ".")
  private @Nullable String config;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description =
          "Tokens of the prompt. Default: 128 (recurrent models: 512), or the context window if that"
              + " is less.")
  private @Nullable Integer tokens;

  @Option(names = "--layers", paramLabel = "N", description = "Only the first N layers.")
  private @Nullable Integer layers;

  @Option(
      names = "--decode",
      paramLabel = "N",
      description = "Generate N tokens greedily after the prompt. Default: 0.")
  private @Nullable Integer decodeTokens;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of weights and prompt: same seed, same bits. Default: 1.")
  private @Nullable Long seed;

  @Mixin private PlanOptions planning = new PlanOptions();

  @Mixin private KindOptions more = new KindOptions();

  @Option(
      names = "--seconds",
      hidden = true,
      description = "Time for the warm-up, and again for the measurement.")
  private double seconds = 3;

  /** Made by picocli. */
  RunCommand() {}

  @Override
  public Integer call() {
    ModelRun other = otherKind();
    if (other != null) {
      return other.run();
    }
    ModelConfig loaded = load();
    checkSeconds();
    more.allow(common, loaded.name());
    if (asksForPrompt()) {
      return runPrompt(loaded);
    }
    ModelConfig model = models.ofSentences(loaded, common);
    boolean ofSentences = model.sentences().pooling() != ModelConfig.SentencePooling.NONE;
    if (models.isGiven() && !ofSentences) {
      throw common.wrongUsage(
          "--weights are for sentences, but "
              + model.name()
              + " has no pooling: without --weights it runs with random ones");
    }
    return ofSentences && models.hasWeights(model) ? runSentences(model) : runPrompt(model);
  }

  /** The run of a config that is neither a decoder nor an encoder. */
  private @Nullable ModelRun otherKind() {
    if (config == null) {
      return null;
    }
    Path file = models.file(config, common);
    String kind = models.kind(file, common);
    if (kind == null || Kinds.isTransformer(kind)) {
      return null;
    }
    checkSeconds();
    if (models.isGiven()) {
      throw common.wrongUsage("--weights are for sentences: not for kind \"" + kind + "\"");
    }
    planning.refuse(common, "kind \"" + kind + "\"");
    return Kinds.run(kind, file, options());
  }

  private RunOptions options() {
    return new RunOptions(
        common, tokens, layers, decodeTokens, seed(), (long) (seconds * 1e9), more);
  }

  private boolean asksForPrompt() {
    boolean asks =
        tokens != null
            || layers != null
            || decodeTokens != null
            || seed != null
            || planning.isGiven();
    if (asks && models.isGiven()) {
      throw common.wrongUsage(
          "--weights are for sentences: not with --tokens, --layers, --decode, --seed or what"
              + " says how to keep a model");
    }
    return asks;
  }

  private int runSentences(ModelConfig config) {
    HeadStart.firstProducts();
    int threads = common.threads();
    try (Lanewise runtime = Lanewise.create(threads);
        EmbeddingModel model = models.open(runtime, config, common)) {
      SentenceRun sentences = new SentenceRun(model);
      MemoryPlan plan = MemoryPlan.of(config, threads, model.encoder().passTokens(), 1);
      RunReport report = new RunReport(common.text());
      report.beginSentences(config, sentences.tokenCount(), threads);
      report.memory(plan, MemoryPlan.availableBytes());
      sentences.print(common.text());
      Measurement measured = sentences.measure((long) (seconds * 1e9));
      end(report, config, threads, plan, measured, sentences.json());
    }
    return CommandLine.ExitCode.OK;
  }

  private int runPrompt(ModelConfig model) {
    int prompt = checkTokens(model);
    boolean decoder = model.kind() == ModelConfig.Kind.DECODER;
    if (!decoder) {
      planning.refuse(common, "an encoder such as " + model.name(), "--cache-storage", "--chunk");
    }
    Storage kept = planning.cacheStorage(common);
    PromptPlan plan =
        PromptPlan.of(
            model,
            common.threads(),
            prompt,
            decoder ? planning.chunk(common, prompt) : prompt,
            decode(),
            new Storing(Storage.F32, kept == null ? Storage.F32 : kept, planning.shareLayer()),
            planning.storage(common),
            MemoryPlan.availableBytes());
    PromptRun run = new PromptRun(common, plan, seed(), (long) (seconds * 1e9));
    if (planning.estimate()) {
      run.estimate();
    } else {
      run.run();
    }
    return CommandLine.ExitCode.OK;
  }

  private void end(
      RunReport report,
      ModelConfig model,
      int threads,
      MemoryPlan plan,
      Measurement measured,
      Map<String, Object> more) {
    RunLimits limits = RunLimits.of(measured, threads);
    long peakBytes = MachineInfo.peakBytes(plan.totalBytes());
    report.end(measured, limits, peakBytes);
    if (common.json()) {
      common
          .out()
          .println(RunReport.json(model.name(), threads, plan, measured, limits, peakBytes, more));
    }
  }

  private int decode() {
    return decodeTokens == null ? 0 : decodeTokens;
  }

  private long seed() {
    return seed == null ? 1 : seed;
  }

  private ModelConfig load() {
    ModelConfig whole = models.config(config, common);
    if (layers == null) {
      return whole;
    }
    common.between("--layers", layers, 1, whole.layers(), "the layers of " + whole.name());
    return whole.withLayers(layers);
  }

  private int checkTokens(ModelConfig model) {
    int context = model.mostPositions();
    int decode = decode();
    boolean further = context > model.contextWindow();
    String why = (further ? "the most positions of " : "the context window of ") + model.name();
    common.between("--decode", decode, 0, context - 1, "less than " + why);
    boolean encoder = model.kind() == ModelConfig.Kind.ENCODER;
    if (encoder && decode > 0) {
      throw common.wrongUsage("--decode needs a decoder, but " + model.name() + " is an encoder");
    }
    String left = decode == 0 ? why : why + " less --decode";
    int usual = Math.max(1, Math.min(USUAL_TOKENS, model.contextWindow() - decode));
    int count = tokens == null ? usual : tokens;
    common.between("--tokens", count, 1, context - decode, left);
    return count;
  }

  private void checkSeconds() {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw common.wrongUsage("--seconds is " + seconds + ", must be above 0, at most 3600");
    }
  }
}
