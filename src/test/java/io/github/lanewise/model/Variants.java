package io.github.lanewise.model;

import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Small architectures that cover every switch of a config. */
final class Variants {
  private static final String RELATIVE = "\"relative\", \"buckets\": 12, \"maxDistance\": 17";

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
    configs.add(change("tiny-decoder", "alibi", "\"learned\"", "\"alibi\""));
    configs.add(rope("dims", "\"dims\": 6"));
    configs.add(rope("dims-interleaved", "\"dims\": 10, \"pairing\": \"interleaved\""));
    configs.add(rope("linear", "\"scaling\": {\"type\": \"linear\", \"factor\": 4}"));
    configs.add(rope("ntk", "\"scaling\": {\"type\": \"ntk\", \"factor\": 4}"));
    String original = "\"originalMaxPositionEmbeddings\": 48";
    String yarn = "\"type\": \"yarn\", \"factor\": 4, \"betaFast\": 6, " + original;
    configs.add(rope("yarn", "\"scaling\": {" + yarn + "}"));
    configs.add(rope("yarn-factor", "\"scaling\": {" + yarn + ", \"attentionFactor\": 0.75}"));
    String bands = "\"lowFreqFactor\": 1, \"highFreqFactor\": 4, ";
    String llama3 = "\"type\": \"llama3\", \"factor\": 8, ";
    configs.add(rope("llama3", "\"scaling\": {" + llama3 + bands + original + "}"));
    configs.add(attention("window", "\"window\": 5"));
    configs.add(attention("window-of-one", "\"window\": 1"));
    configs.add(attention("pattern", "\"window\": 5, \"pattern\": [\"global\", \"local\"]"));
    configs.add(attention("softcap", "\"softcap\": 0.5"));
    configs.add(attention("scale", "\"scale\": 0.4"));
    configs.add(attention("queryKeyNorm", "\"queryKeyNorm\": true"));
    configs.add(change("tiny-llama", "sandwich", "\"pre\"", "\"sandwich\""));
    configs.add(change("tiny-decoder", "sandwich", "\"pre\"", "\"sandwich\""));
    configs.add(top("embeddingScale", "\"embeddingScale\": 8.7"));
    configs.add(top("logitSoftcap", "\"logitSoftcap\": 0.9"));
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
        change("tiny-encoder", "alibi", "\"learned\"", "\"alibi\""),
        change("tiny-encoder", "relative", "\"learned\"", RELATIVE),
        change(
            "tiny-encoder",
            "relative-causal",
            "\"learned\"},",
            RELATIVE + "}, \"pastContext\": \"warn\",",
            "\"full\"",
            "\"causal\""),
        change("tiny-encoder", "sandwich", "\"post\"", "\"sandwich\""),
        change(
            "tiny-encoder",
            "queryKeyNorm",
            "\"full\"",
            "\"full\", \"queryKeyNorm\": true, \"softcap\": 0.7, \"scale\": 0.2"),
        change(
            "tiny-encoder",
            "window",
            "\"full\"",
            "\"causal\", \"window\": 9, \"pattern\": [\"local\", \"global\"]"),
        change("tiny-encoder", "no-types", "\"tokenTypes\": 2", "\"tokenTypes\": 0"),
        change("tiny-encoder", "plain-embedding", ", \"embedding\": true", ""));
  }

  private static ModelConfig rope(String name, String keys) {
    return change("tiny-llama", name, "\"theta\": 10000", "\"theta\": 10000, " + keys);
  }

  private static ModelConfig attention(String name, String keys) {
    return change("tiny-llama", name, "\"causal\"", "\"causal\", " + keys);
  }

  private static ModelConfig top(String name, String key) {
    return change("tiny-llama", name, "\"norm\"", key + ", \"norm\"");
  }

  private static ModelConfig change(String model, String name, String... piecesAndReplacements) {
    String json = Models.json(model);
    for (int i = 0; i < piecesAndReplacements.length; i += 2) {
      if (!json.contains(piecesAndReplacements[i])) {
        throw new IllegalArgumentException(model + " does not contain " + piecesAndReplacements[i]);
      }
      json = json.replace(piecesAndReplacements[i], piecesAndReplacements[i + 1]);
    }
    json = json.replace(model, model + "-" + name);
    return ModelConfig.parse(name, json.getBytes(StandardCharsets.UTF_8));
  }
}
