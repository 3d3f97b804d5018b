package io.github.lanewise.cli;

import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.inspect.Depth;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.model.ConfigException;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.seq2seq.Seq2SeqConfig;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokens;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what each head of each layer attends to. */
@Command(
    name = "inspect",
    sortOptions = false,
    description = {
      "Show what each head of each layer attends to in TEXT.",
      "Without weights (CONFIG names none, no --weights) they are made up, a token a word."
    },
    footer = {
      "",
      "Examples:",
      "  lanewise inspect \"The cat slept because it was tired.\" --focus it",
      "  lanewise inspect \"The cat slept because it was tired.\" --out attention.html",
      "  lanewise inspect \"A causal map.\" --model models/tiny-decoder.json --json",
      "  lanewise inspect \"A cat slept.\" --target \"Eine Katze schlief.\""
          + " --model models/transformer-base.json --out cross.html",
      "  lanewise inspect --corpus --markdown"
    })
final class InspectCommand implements Callable<Integer> {
  private static final int LEAST_LAYERS = 3;

  /** The model of two texts. */
  private static final String USUAL_PAIR = "models/transformer-base.json";

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ModelOptions models = new ModelOptions();

  @Parameters(index = "0", arity = "0..1", paramLabel = "TEXT", description = "A text.")
  private @Nullable String text;

  @Option(
      names = "--model",
      paramLabel = "CONFIG",
      description =
          "Architecture config (JSON). Default: that of --weights, else "
              + ModelOptions.USUAL
              + ".")
  private @Nullable String config;

  @Option(
      names = "--target",
      paramLabel = "TEXT",
      description =
          "What an encoder-decoder writes when it reads TEXT. Files show how the target attends to"
              + " the source. Default of --model: "
              + USUAL_PAIR
              + ".")
  private @Nullable String target;

  @Mixin private InspectFiles files = new InspectFiles();

  @Option(
      names = "--focus",
      paramLabel = "WORD",
      description = "Say which heads look from WORD of TEXT to which word; word#2 is its second.")
  private @Nullable String focus;

  @Option(
      names = "--corpus",
      description =
          "No TEXT: score all heads, anew, over the annotated sentences that come with Lanewise.")
  private boolean corpus;

  @Option(names = "--markdown", description = "With --corpus: write tables of all heads.")
  private boolean markdown;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of made-up weights. Default: ${DEFAULT-VALUE}.")
  private long seed = 1;

  /** Made by picocli. */
  InspectCommand() {}

  @Override
  public Integer call() {
    int threads = common.threads();
    HeadStart.firstProducts();
    check();
    if (target != null && text != null) {
      return pair(text, target, threads);
    }
    ModelConfig model = models.config(config, common);
    files.check(common, model);
    if (markdown && model.layers() < LEAST_LAYERS) {
      throw common.wrongUsage("--markdown needs a model of " + LEAST_LAYERS + " layers at least");
    }
    try (Lanewise runtime = Lanewise.create(threads);
        InspectModel opened = open(runtime, model)) {
      AttentionMaps maps = text == null ? null : text(opened, text);
      List<HeadProfile> heads = corpus || opened.isReal() ? heads(opened, model) : List.of();
      if (maps != null) {
        files.write(common, maps, heads);
      }
    }
    return CommandLine.ExitCode.OK;
  }

  private int pair(String source, String written, int threads) {
    Path file = models.file(config == null ? USUAL_PAIR : config, common);
    String kind = models.kind(file, common);
    if (!Seq2SeqConfig.KIND.equals(kind)) {
      throw common.wrongUsage("--target needs an encoder-decoder: --model " + file + " is none");
    }
    Seq2SeqConfig model;
    try {
      model = InspectPair.check(Seq2SeqConfig.load(file), common);
    } catch (ConfigException wrong) {
      throw common.wrongUsage(wrong.getMessage());
    }
    files.check(common, model.decoder());
    InspectPair pair = InspectPair.of(model, threads, seed, source, written);
    InspectTables tables = new InspectTables(common.text());
    tables.text(pair.encoder());
    common.text().println();
    tables.text(pair.decoder());
    common.text().println();
    tables.across(pair.cross());
    if (common.json()) {
      InspectJson json = new InspectJson(common.out());
      json.maps(pair.encoder());
      json.maps(pair.decoder());
      json.maps(pair.cross());
    }
    files.write(common, pair.cross(), List.of());
    return CommandLine.ExitCode.OK;
  }

  private void check() {
    if (target != null && (corpus || focus != null || models.isGiven())) {
      throw common.wrongUsage("--target goes without --corpus, --focus and --weights");
    }
    if (target != null && target.isBlank()) {
      throw common.wrongUsage("--target is empty, must have a word");
    }
    if (corpus == (text != null)) {
      throw common.wrongUsage(
          corpus ? "--corpus takes no TEXT" : "TEXT is missing, must be a text, or --corpus");
    }
    if (text != null && text.isBlank()) {
      throw common.wrongUsage("TEXT is empty, must have a word");
    }
    if (markdown && (!corpus || common.json())) {
      throw common.wrongUsage("--markdown goes with --corpus and without --json");
    }
    if (files.areWanted() && corpus) {
      throw common.wrongUsage("--out, --svg and --png need TEXT");
    }
    if (focus != null && corpus) {
      throw common.wrongUsage("--focus needs TEXT");
    }
  }

  private InspectModel open(Lanewise runtime, ModelConfig model) {
    return models.hasWeights(model)
        ? InspectModel.load(runtime, model, models.files(model, common))
        : InspectModel.random(runtime, model, seed, common.threads(), text);
  }

  private AttentionMaps text(InspectModel opened, String given) {
    warn(opened, given);
    AttentionMaps maps = opened.inspector().maps(given);
    int word = focus == null ? -1 : InspectTables.find(maps, focus);
    if (focus != null && word < 0) {
      throw common.wrongUsage("--focus is " + focus + ", must be a word of TEXT that was read");
    }
    InspectTables tables = new InspectTables(common.text());
    tables.text(maps);
    if (word >= 0) {
      tables.focus(maps, word);
    }
    if (common.json()) {
      new InspectJson(common.out()).maps(maps);
    }
    return maps;
  }

  private void warn(InspectModel opened, String given) {
    Tokens tokens = opened.inspector().tokens(given);
    if (tokens.truncated()) {
      long all = (long) tokens.ids().length + tokens.dropped();
      common
          .err()
          .println(
              Figures.format(
                  "lanewise inspect: TEXT: %d tokens: the last %d are left out, %s takes %d",
                  all, tokens.dropped(), opened.inspector().config().name(), tokens.ids().length));
    }
  }

  private List<HeadProfile> heads(InspectModel opened, ModelConfig model) {
    List<HeadProfile> heads = opened.heads(corpus);
    Depth depth = model.layers() < LEAST_LAYERS ? null : Depth.of(heads);
    if (markdown && depth != null) {
      new HeadsMarkdown(common.out()).write(model.name(), heads, depth);
      return heads;
    }
    InspectTables tables = new InspectTables(common.text());
    tables.heads(heads);
    InspectJson json = new InspectJson(common.out());
    if (common.json()) {
      json.heads(heads);
    }
    if (depth != null) {
      tables.depth(depth);
      if (common.json()) {
        json.depth(depth);
      }
    }
    return heads;
  }
}
