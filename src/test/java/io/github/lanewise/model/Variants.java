package io.github.lanewise.model;

import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Small architectures that cover every switch of a config. */
final class Variants {
  private Variants() {}

  static List<ModelConfig> decoders() {
    List<ModelConfig> configs = new ArrayList<>();
    configs.add(Models.load("tiny-decoder"));
    configs.add(Models.load("tiny-llama"));
    configs.add(
        change(
            "tiny-llama", "interleaved", "\"theta\"", "\"pairing\": \"interleaved\", \"theta\""));
    configs.add(
        change("tiny-llama", "tied", "\"tiedEmbeddings\": false", "\"tiedEmbeddings\": true"));
    configs.add(change("tiny-llama", "post", "\"pre\"", "\"post\""));
    configs.add(
        change(
            "tiny-llama", "qkv-bias", "\"attention\"", "\"bias\": {\"qkv\": true}, \"attention\""));
    configs.add(change("tiny-decoder", "sinusoidal", "\"learned\"", "\"sinusoidal\""));
    configs.add(change("tiny-decoder", "no-positions", "\"learned\"", "\"none\""));
    configs.add(
        change("tiny-decoder", "multi-query", "\"heads\": 4", "\"heads\": 4, \"kvHeads\": 1"));
    for (FeedForwardActivation activation : FeedForwardActivation.values()) {
      String key = ModelConfig.key(activation);
      configs.add(change("tiny-decoder", key, "\"gelu_tanh\"", "\"" + key + "\""));
    }
    return configs;
  }

  static List<ModelConfig> encoders() {
    return List.of(
        Models.load("tiny-encoder"),
        change("tiny-encoder", "pre", "\"post\"", "\"pre\""),
        change("tiny-encoder", "causal", "\"full\"", "\"causal\""),
        change("tiny-encoder", "no-types", "\"tokenTypes\": 2", "\"tokenTypes\": 0"),
        change("tiny-encoder", "plain-embedding", ", \"embedding\": true", ""));
  }

  private static ModelConfig change(String model, String name, String piece, String replacement) {
    String json = Models.json(model);
    if (!json.contains(piece)) {
      throw new IllegalArgumentException(model + " does not contain " + piece);
    }
    json = json.replace(piece, replacement).replace(model, model + "-" + name);
    return ModelConfig.parse(name, json.getBytes(StandardCharsets.UTF_8));
  }
}
