package io.github.lanewise.model;

import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ModelConfig.SentencePooling;
import io.github.lanewise.model.ModelConfig.Sentences;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What sentence-transformers writes beside a {@code config.json}: where texts are cut, and how the
 * hidden states of a text become one vector. Any of the files may be missing.
 *
 * @param mostTokens of a text; the largest int if no file says
 * @param sentences {@link Sentences#NONE} if no file says
 */
record SentenceFiles(int mostTokens, Sentences sentences) {
  /** No file says anything. */
  static final SentenceFiles NONE = new SentenceFiles(Integer.MAX_VALUE, Sentences.NONE);

  private static final String LENGTH = "sentence_bert_config.json";
  private static final String LENGTH_KEY = "max_seq_length";
  private static final String MODULES = "modules.json";
  private static final String USUAL_POOLING = "1_Pooling";
  private static final String POOLING_FILE = "config.json";

  private static final String MEAN = "pooling_mode_mean_tokens";
  private static final String CLS = "pooling_mode_cls_token";
  private static final List<String> OTHERS =
      List.of(
          "pooling_mode_max_tokens",
          "pooling_mode_mean_sqrt_len_tokens",
          "pooling_mode_weightedmean_tokens",
          "pooling_mode_lasttoken");

  /**
   * Reads the files in the folder of {@code config}.
   *
   * @throws ConfigException if one of them is wrong, or asks for what there is not
   */
  static SentenceFiles beside(Path config) {
    return new SentenceFiles(mostTokens(config.resolveSibling(LENGTH)), sentences(config));
  }

  private static int mostTokens(Path file) {
    if (!Files.exists(file)) {
      return Integer.MAX_VALUE;
    }
    byte[] bytes = ConfigLoader.read(file);
    return ConfigLoader.named(
        file,
        () -> {
          JsonObject json = JsonFile.parse(bytes);
          boolean says = json.has(LENGTH_KEY) && !json.isNull(LENGTH_KEY);
          return says ? Size.MAX_TOKENS.of(json, LENGTH_KEY) : Integer.MAX_VALUE;
        });
  }

  private static Sentences sentences(Path config) {
    Path file = config.resolveSibling(MODULES);
    if (!Files.exists(file)) {
      Path usual = config.resolveSibling(USUAL_POOLING).resolve(POOLING_FILE);
      // Vectors of unit length, as almost all published models make them.
      return Files.exists(usual) ? new Sentences(pooling(usual), true) : Sentences.NONE;
    }
    byte[] bytes = ConfigLoader.read(file);
    Modules modules = ConfigLoader.named(file, () -> Modules.of(JsonFile.parseList(bytes)));
    if (modules.poolingFolder.isEmpty()) {
      return Sentences.NONE;
    }
    Path pooling = config.resolveSibling(modules.poolingFolder).resolve(POOLING_FILE);
    return new Sentences(pooling(pooling), modules.normalize);
  }

  private static SentencePooling pooling(Path file) {
    byte[] bytes = ConfigLoader.read(file);
    return ConfigLoader.named(file, () -> pooling(JsonFile.parse(bytes)));
  }

  private static SentencePooling pooling(JsonObject json) {
    for (String other : OTHERS) {
      Checks.require(
          !json.flag(other), other + " is true, must be false: pooling is the mean or [CLS]");
    }
    Checks.require(
        json.flag(MEAN) != json.flag(CLS),
        MEAN + " and " + CLS + " are " + json.flag(MEAN) + ", one of them must be true");
    return json.flag(MEAN) ? SentencePooling.MEAN : SentencePooling.CLS;
  }

  /** The steps from tokens to a vector; the folder is empty if there is no pooling. */
  private record Modules(String poolingFolder, boolean normalize) {
    static Modules of(List<JsonObject> steps) {
      String pooling = "";
      boolean normalize = false;
      for (JsonObject step : steps) {
        String type = step.text("type");
        switch (type.substring(type.lastIndexOf('.') + 1)) {
          case "Transformer" -> {
            // The model itself.
          }
          case "Pooling" -> pooling = folder(step.text("path"));
          case "Normalize" -> normalize = true;
          default ->
              throw new IllegalArgumentException(
                  "type is \"" + type + "\", must end with Transformer, Pooling or Normalize");
        }
      }
      Checks.require(
          !normalize || !pooling.isEmpty(), "has a Normalize, must have a Pooling before it");
      return new Modules(pooling, normalize);
    }

    private static String folder(String path) {
      Checks.require(
          path.matches("[A-Za-z0-9_-]+"),
          "path is \"" + path + "\", must be a folder's name of letters, digits, _ and -");
      return path;
    }
  }
}
