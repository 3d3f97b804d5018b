package io.github.lanewise.model;

import io.github.lanewise.fetch.MavenWeights;
import io.github.lanewise.fetch.MavenWeights.PackedFile;
import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.Norm;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.PastContext;
import io.github.lanewise.model.ModelConfig.Placement;
import io.github.lanewise.model.ModelConfig.SentencePooling;
import io.github.lanewise.model.ModelConfig.Sentences;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Maps the JSON of an architecture config to a {@link ModelConfig}. */
final class ConfigLoader {
  private ConfigLoader() {}

  static ModelConfig load(Path path) {
    Path inside = path.resolve(HuggingFaceConfig.FILE);
    Path file = Files.exists(inside) ? inside : path;
    byte[] json = read(file);
    JsonObject object = named(file, () -> JsonFile.parse(json));
    if (!isHuggingFace(object)) {
      return named(file, () -> own(object));
    }
    SentenceFiles beside = SentenceFiles.beside(file);
    return named(file, () -> HuggingFaceConfig.model(object, beside));
  }

  /** Reads a file as {@link JsonFile} does. */
  static byte[] read(Path file) {
    return named(file, () -> JsonFile.read(file));
  }

  /** Has what is wrong name the file. */
  static <T> T named(Path file, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException wrong) {
      throw new ConfigException(file.toString(), String.valueOf(wrong.getMessage()));
    }
  }

  static ModelConfig parse(String file, byte[] json) {
    try {
      JsonObject object = JsonFile.parse(json);
      return isHuggingFace(object)
          ? HuggingFaceConfig.model(object, SentenceFiles.NONE)
          : own(object);
    } catch (IllegalArgumentException wrong) {
      throw new ConfigException(file, String.valueOf(wrong.getMessage()));
    }
  }

  private static boolean isHuggingFace(JsonObject json) {
    return json.has(HuggingFaceConfig.MODEL_TYPE);
  }

  private static ModelConfig own(JsonObject json) {
    json.allow(
        "$schema",
        "name",
        "kind",
        "layers",
        "heads",
        "kvHeads",
        "dModel",
        "headDim",
        "feedForward",
        "vocabulary",
        "contextWindow",
        "pastContext",
        "position",
        "norm",
        "activation",
        "attention",
        "bias",
        "embeddingScale",
        "logitScale",
        "logitSoftcap",
        "tiedEmbeddings",
        "tokenTypes",
        "pooling",
        "normalize",
        "maxTokens",
        "weights",
        "source",
        "assumed",
        "reason");
    json.optionalText("$schema");
    Kind kind = json.constant("kind", Kind.values());
    int heads = Size.HEADS.of(json);
    int dModel = Size.D_MODEL.of(json);
    int headDim = json.has("headDim") ? Size.HEAD_DIM.of(json) : headDim(dModel, heads);
    return new ModelConfig(
        json.text("name"),
        kind,
        Size.LAYERS.of(json),
        heads,
        json.has("kvHeads") ? Size.KV_HEADS.of(json) : heads,
        dModel,
        headDim,
        Size.FEED_FORWARD.of(json),
        Size.VOCABULARY.of(json),
        Size.CONTEXT_WINDOW.of(json),
        json.has("pastContext")
            ? json.constant("pastContext", PastContext.values())
            : PastContext.ERROR,
        PositionJson.read(json.object("position")),
        norm(json.object("norm")),
        json.constant("activation", FeedForwardActivation.values()),
        AttentionJson.read(json.object("attention"), headDim),
        json.has("bias") ? bias(json.object("bias")) : Bias.NONE,
        scaling(json),
        json.flag("tiedEmbeddings"),
        json.has("tokenTypes") ? Size.TOKEN_TYPES.of(json) : 0,
        sentences(json),
        json.has("maxTokens") ? Size.MAX_TOKENS.of(json) : Size.CONTEXT_WINDOW.of(json),
        json.has("weights") ? weights(json.object("weights")) : null,
        origin(json));
  }

  static int headDim(int dModel, int heads) {
    if (dModel % heads != 0) {
      throw new IllegalArgumentException(
          "heads is " + heads + ", must divide dModel = " + dModel + ", or headDim must be given");
    }
    return dModel / heads;
  }

  static Norm norm(JsonObject json) {
    json.allow("type", "placement", "epsilon", "embedding");
    return new Norm(
        json.constant("type", NormType.values()),
        json.constant("placement", Placement.values()),
        json.number("epsilon"),
        json.flag("embedding"));
  }

  private static Scaling scaling(JsonObject json) {
    return new Scaling(
        json.has("embeddingScale") ? json.number("embeddingScale") : 1,
        json.has("logitScale") ? json.number("logitScale") : 1,
        json.has("logitSoftcap") ? positive(json, "logitSoftcap") : 0);
  }

  /** A number that must not be 0, which stands for none. */
  static double positive(JsonObject json, String key) {
    double value = json.number(key);
    Checks.between(json.path(key), value, 1e-6, 1e6);
    return value;
  }

  static Origin origin(JsonObject json) {
    boolean assumed = json.flag("assumed");
    Checks.require(
        assumed || !json.has("reason"), "reason is given, must be left out unless assumed is true");
    return new Origin(json.optionalText("source"), assumed ? json.text("reason") : null);
  }

  private static Sentences sentences(JsonObject json) {
    return new Sentences(
        json.has("pooling")
            ? json.constant("pooling", SentencePooling.values())
            : SentencePooling.NONE,
        json.flag("normalize"));
  }

  static Bias bias(JsonObject json) {
    json.allow("qkv", "output", "feedForward");
    return new Bias(json.flag("qkv"), json.flag("output"), json.flag("feedForward"));
  }

  private static MavenWeights weights(JsonObject json) {
    json.allow("maven", "tensors", "tokenizer");
    try {
      return new MavenWeights(
          json.text("maven"), packed(json.object("tensors")), packed(json.object("tokenizer")));
    } catch (IllegalArgumentException wrong) {
      String problem = String.valueOf(wrong.getMessage());
      throw problem.startsWith("weights.")
          ? wrong
          : new IllegalArgumentException("weights." + problem);
    }
  }

  private static PackedFile packed(JsonObject json) {
    json.allow("file", "sha256");
    return new PackedFile(json.text("file"), json.text("sha256"));
  }
}
