package io.github.lanewise.model;

import io.github.lanewise.model.ModelConfig.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The architectures that come with the project, made so small that a definition in double can run
 * them: fewer heads of fewer elements, everything else in proportion, few layers, a narrow window.
 */
final class ReducedModels {
  private static final int SMALL = 128;
  private static final int FEWEST_HEADS = 3;
  private static final int NARROW = 7;

  private ReducedModels() {}

  static List<ModelConfig> decoders() {
    return ofKind("decoder", Kind.DECODER);
  }

  static List<ModelConfig> encoders() {
    return ofKind("encoder", Kind.ENCODER);
  }

  private static List<ModelConfig> ofKind(String name, Kind kind) {
    ObjectMapper mapper = new ObjectMapper();
    return Models.files().stream()
        .map(file -> file.getFileName().toString().replace(".json", ""))
        .filter(model -> mapper.readTree(Models.json(model)).get("kind").asString().equals(name))
        .map(ReducedModels::reduced)
        .peek(config -> require(config.kind() == kind, config.name()))
        .toList();
  }

  /** Layers of a pattern, at least two. */
  private static ModelConfig reduced(String model) {
    ModelConfig whole = Models.load(model);
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(Models.json(model));
    json.put("layers", Math.max(2, whole.attention().pattern().size()));
    if (whole.dModel() >= SMALL) {
      int heads = whole.heads() / divisor(whole.heads(), whole.kvHeads());
      int headDim = whole.headDim() / (whole.headDim() >= SMALL ? 8 : 4);
      double ratio = (double) heads * headDim / whole.queryWidth();
      json.put("heads", heads);
      json.put("kvHeads", whole.kvHeads() * heads / whole.heads());
      json.put("headDim", headDim);
      json.put("dModel", (int) Math.round(whole.dModel() * ratio));
      json.put("feedForward", (int) Math.round(whole.feedForward() * ratio));
      json.put("vocabulary", 301);
    }
    if (whole.attention().window() > 0) {
      ((ObjectNode) json.get("attention")).put("window", NARROW);
    }
    return ModelConfig.parse(model, json.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** The largest common divisor that leaves some heads. */
  private static int divisor(int heads, int kvHeads) {
    for (int divisor = kvHeads; divisor > 1; divisor--) {
      if (heads % divisor == 0 && kvHeads % divisor == 0 && heads / divisor >= FEWEST_HEADS) {
        return divisor;
      }
    }
    return 1;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalStateException(message);
    }
  }
}
