package io.github.lanewise.cli;

import io.github.lanewise.model.ConfigException;
import io.github.lanewise.model.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** The kinds of models that {@code run} runs: {@link ModelConfig}'s, and one entry each here. */
final class Kinds {
  private static final Map<String, BiFunction<Path, RunOptions, ModelRun>> RUNS =
      new LinkedHashMap<>();

  static {
    RUNS.put("encoder-decoder", Seq2SeqRun::new);
    RUNS.put("recurrent", RecurrentRun::new);
    RUNS.put("vision", VisionRun::new);
    RUNS.put("protein", ProteinRun::new);
  }

  private Kinds() {}

  /** Whether {@link ModelConfig} describes such a model. */
  static boolean isTransformer(String kind) {
    return transformers().contains(kind);
  }

  /** Prepares the run of any other. */
  static ModelRun run(String kind, Path file, RunOptions options) {
    BiFunction<Path, RunOptions, ModelRun> known = RUNS.get(kind);
    if (known == null) {
      List<String> all = new ArrayList<>(transformers());
      all.addAll(RUNS.keySet());
      throw options
          .common()
          .wrongUsage(
              "%s: kind is \"%s\", must be one of %s"
                  .formatted(
                      file,
                      kind,
                      all.stream().map(k -> '"' + k + '"').collect(Collectors.joining(", "))));
    }
    try {
      return known.apply(file, options);
    } catch (ConfigException wrong) {
      throw options.common().wrongUsage(wrong.getMessage());
    }
  }

  private static List<String> transformers() {
    List<String> kinds = new ArrayList<>();
    for (ModelConfig.Kind kind : ModelConfig.Kind.values()) {
      kinds.add(kind.name().toLowerCase(Locale.ROOT));
    }
    return kinds;
  }
}
