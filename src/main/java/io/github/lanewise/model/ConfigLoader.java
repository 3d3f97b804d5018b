package io.github.lanewise.model;

import io.github.lanewise.fetch.MavenWeights;
import io.github.lanewise.fetch.MavenWeights.PackedFile;
import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.Mask;
import io.github.lanewise.model.ModelConfig.Norm;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.Placement;
import io.github.lanewise.model.ModelConfig.Position;
import io.github.lanewise.model.ModelConfig.SentencePooling;
import io.github.lanewise.model.ModelConfig.Sentences;
import io.github.lanewise.op.Rope.Pairing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Maps the JSON of an architecture config to a {@link ModelConfig}. */
final class ConfigLoader {
  private static final double DEFAULT_THETA = 10_000;

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
        "position",
        "norm",
        "activation",
        "attention",
        "bias",
        "tiedEmbeddings",
        "tokenTypes",
        "pooling",
        "normalize",
        "maxTokens",
        "weights",
        "source");
    json.optionalText("$schema");
    Kind kind = json.constant("kind", Kind.values());
    int heads = Size.HEADS.of(json);
    int dModel = Size.D_MODEL.of(json);
    return new ModelConfig(
        json.text("name"),
        kind,
        Size.LAYERS.of(json),
        heads,
        json.has("kvHeads") ? Size.KV_HEADS.of(json) : heads,
        dModel,
        json.has("headDim") ? Size.HEAD_DIM.of(json) : headDim(dModel, heads),
        Size.FEED_FORWARD.of(json),
        Size.VOCABULARY.of(json),
        Size.CONTEXT_WINDOW.of(json),
        position(json.object("position")),
        norm(json.object("norm")),
        json.constant("activation", FeedForwardActivation.values()),
        mask(json.object("attention")),
        json.has("bias") ? bias(json.object("bias")) : Bias.NONE,
        json.flag("tiedEmbeddings"),
        json.has("tokenTypes") ? Size.TOKEN_TYPES.of(json) : 0,
        sentences(json),
        json.has("maxTokens") ? Size.MAX_TOKENS.of(json) : Size.CONTEXT_WINDOW.of(json),
        json.has("weights") ? weights(json.object("weights")) : null,
        json.optionalText("source"));
  }

  private static int headDim(int dModel, int heads) {
    if (dModel % heads != 0) {
      throw new IllegalArgumentException(
          "heads is " + heads + ", must divide dModel = " + dModel + ", or headDim must be given");
    }
    return dModel / heads;
  }

  private static Position position(JsonObject json) {
    json.allow("type", "theta", "pairing");
    return switch (json.choice("type", "learned", "rope", "sinusoidal", "none")) {
      case "rope" ->
          new Position.Rotary(
              json.has("theta") ? json.number("theta") : DEFAULT_THETA,
              json.has("pairing") ? json.constant("pairing", Pairing.values()) : Pairing.HALVES);
      case "learned" -> plain(json, new Position.Learned());
      case "sinusoidal" -> plain(json, new Position.Sinusoidal());
      default -> plain(json, new Position.None());
    };
  }

  private static Position plain(JsonObject json, Position position) {
    json.allow("type");
    return position;
  }

  private static Norm norm(JsonObject json) {
    json.allow("type", "placement", "epsilon", "embedding");
    return new Norm(
        json.constant("type", NormType.values()),
        json.constant("placement", Placement.values()),
        json.number("epsilon"),
        json.flag("embedding"));
  }

  private static Mask mask(JsonObject json) {
    json.allow("type");
    return json.constant("type", Mask.values());
  }

  private static Sentences sentences(JsonObject json) {
    return new Sentences(
        json.has("pooling")
            ? json.constant("pooling", SentencePooling.values())
            : SentencePooling.NONE,
        json.flag("normalize"));
  }

  private static Bias bias(JsonObject json) {
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
