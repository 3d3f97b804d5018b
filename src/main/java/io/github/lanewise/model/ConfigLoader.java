package io.github.lanewise.model;

import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.Mask;
import io.github.lanewise.model.ModelConfig.Norm;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.Placement;
import io.github.lanewise.model.ModelConfig.Position;
import io.github.lanewise.op.Rope.Pairing;
import java.nio.file.Path;

/** Maps the JSON of an architecture config to a {@link ModelConfig}. */
final class ConfigLoader {
  private static final double DEFAULT_THETA = 10_000;

  private ConfigLoader() {}

  static ModelConfig load(Path file) {
    return parse(file.toString(), JsonFile.read(file));
  }

  static ModelConfig parse(String file, byte[] json) {
    try {
      return model(new ObjectReader(JsonFile.parse(file, json)));
    } catch (IllegalArgumentException wrong) {
      throw new ConfigException(file, String.valueOf(wrong.getMessage()));
    }
  }

  private static ModelConfig model(ObjectReader json) {
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
        "source");
    json.optionalText("$schema");
    Kind kind = json.constant("kind", Kind.values());
    int heads = json.size(Size.HEADS);
    int dModel = json.size(Size.D_MODEL);
    return new ModelConfig(
        json.text("name"),
        kind,
        json.size(Size.LAYERS),
        heads,
        json.has("kvHeads") ? json.size(Size.KV_HEADS) : heads,
        dModel,
        json.has("headDim") ? json.size(Size.HEAD_DIM) : headDim(dModel, heads),
        json.size(Size.FEED_FORWARD),
        json.size(Size.VOCABULARY),
        json.size(Size.CONTEXT_WINDOW),
        position(json.object("position")),
        norm(json.object("norm")),
        json.constant("activation", FeedForwardActivation.values()),
        mask(json.object("attention")),
        json.has("bias") ? bias(json.object("bias")) : Bias.NONE,
        json.flag("tiedEmbeddings"),
        json.has("tokenTypes") ? json.size(Size.TOKEN_TYPES) : 0,
        json.optionalText("source"));
  }

  private static int headDim(int dModel, int heads) {
    if (dModel % heads != 0) {
      throw new IllegalArgumentException(
          "heads is " + heads + ", must divide dModel = " + dModel + ", or headDim must be given");
    }
    return dModel / heads;
  }

  private static Position position(ObjectReader json) {
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

  private static Position plain(ObjectReader json, Position position) {
    json.allow("type");
    return position;
  }

  private static Norm norm(ObjectReader json) {
    json.allow("type", "placement", "epsilon", "embedding");
    return new Norm(
        json.constant("type", NormType.values()),
        json.constant("placement", Placement.values()),
        json.number("epsilon"),
        json.flag("embedding"));
  }

  private static Mask mask(ObjectReader json) {
    json.allow("type");
    return json.constant("type", Mask.values());
  }

  private static Bias bias(ObjectReader json) {
    json.allow("qkv", "output", "feedForward");
    return new Bias(json.flag("qkv"), json.flag("output"), json.flag("feedForward"));
  }
}
