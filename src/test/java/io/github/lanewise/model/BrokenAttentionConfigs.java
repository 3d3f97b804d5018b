package io.github.lanewise.model;

import io.github.lanewise.model.BrokenConfigs.Broken;
import java.util.List;

/** Configs of decoders with one thing wrong in how their queries look at keys. */
final class BrokenAttentionConfigs {
  private BrokenAttentionConfigs() {}

  /** What both the schema and the loader must refuse. */
  static List<Broken> refusedBySchema() {
    return List.of(
        attention("\"window\": 0", "attention.window is 0, must be a whole number from 1 to"),
        attention("\"window\": \"wide\"", "attention.window is \"wide\", must be a whole number"),
        attention(
            "\"windows\": 4", "unknown key attention.windows = 4; did you mean attention.window?"),
        attention(
            "\"pattern\": [\"local\"]",
            "attention.window is missing, must be given for \"local\" layers"),
        attention(
            "\"window\": 4, \"pattern\": []",
            "attention.pattern is [], must be a list of 1 to 64 of \"global\", \"local\""),
        attention(
            "\"window\": 4, \"pattern\": [\"full\"]",
            "attention.pattern is [\"full\"], must be a list of 1 to 64 of"),
        attention("\"window\": 4, \"pattern\": [1]", "attention.pattern is [1], must be a list"),
        attention(
            "\"pattern\": \"global\"", "attention.pattern is \"global\", must be a list of 1"),
        attention("\"softcap\": 0", "attention.softcap is 0.0, must be a number from 1.0E-6"),
        attention("\"softcap\": -30", "attention.softcap is -30.0, must be a number from"),
        attention("\"scale\": 0", "attention.scale is 0.0, must be a number from 1.0E-6 to"),
        attention("\"scale\": 1e9", "attention.scale is 1.0E9, must be a number from"),
        attention("\"queryKeyNorm\": 1", "attention.queryKeyNorm is 1, must be true or false"),
        encoder(
            "\"full\"",
            "\"full\", \"window\": 4",
            "attention.window is 4, must be left out with attention.type \"full\""),
        position("\"dims\": 0", "position.dims is 0, must be a whole number from 2 to 256"),
        position("\"dims\": 7", "position.dims is 7, must be even"),
        position("\"localTheta\": 0", "position.localTheta is 0.0, must be a number from 1.0"),
        scaling("\"factor\": 2", "position.scaling.type is missing, must be one of \"linear\""),
        scaling("\"type\": \"dynamic\", \"factor\": 2", "position.scaling.type is \"dynamic\""),
        scaling("\"type\": \"ntk\"", "position.scaling.factor is missing, must be a number"),
        scaling(
            "\"type\": \"linear\", \"factor\": 0.5",
            "position.scaling.factor is 0.5, must be a number from 1.0 to 1000000.0"),
        scaling(
            "\"type\": \"linear\", \"factor\": 2, \"betaFast\": 3",
            "unknown key position.scaling.betaFast = 3; allowed: type, factor"),
        scaling(
            "\"type\": \"yarn\", \"factor\": 2",
            "position.scaling.originalMaxPositionEmbeddings is missing, must be a whole number"),
        scaling(
            "\"type\": \"yarn\", \"factor\": 2, \"originalMaxPositionEmbeddings\": 48,"
                + " \"attentionFactor\": 0",
            "position.scaling.attentionFactor is 0.0, must be a number from"),
        scaling(
            "\"type\": \"llama3\", \"factor\": 2, \"originalMaxPositionEmbeddings\": 48,"
                + " \"highFreqFactor\": 4",
            "position.scaling.lowFreqFactor is missing, must be a number"),
        top("\"pastContext\": \"ignore\"", "pastContext is \"ignore\", must be one of \"error\""),
        encoder(
            "\"norm\"",
            "\"pastContext\": \"warn\", \"norm\"",
            "pastContext is \"warn\", must be \"error\" where positions are learned"),
        BrokenConfigs.broken(
            "tiny-decoder",
            "\"learned\"",
            "\"relative\", \"buckets\": 8, \"maxDistance\": 20",
            "position.type is \"relative\", must be another for kind \"decoder\""),
        encoder(
            "\"learned\"",
            "\"relative\", \"buckets\": 6, \"maxDistance\": 20",
            "position.buckets is 6, must be a multiple of 4 up to 1024"),
        encoder(
            "\"learned\"",
            "\"relative\", \"buckets\": 8, \"maxDistance\": 0",
            "position.maxDistance is 0, must be a whole number from 1 to 1048576"),
        encoder(
            "\"learned\"",
            "\"sinusoidal\", \"pairing\": \"thirds\"",
            "position.pairing is \"thirds\", must be one of \"halves\", \"interleaved\""),
        encoder(
            "\"norm\"",
            "\"logitScale\": 0.5, \"norm\"",
            "logitScale is 0.5, must be left out for kind \"encoder\""),
        top("\"logitScale\": 0", "logitScale is 0.0, must be a number from 1.0E-6"),
        top("\"embeddingScale\": 0", "embeddingScale is 0.0, must be a number from 1.0E-6"),
        top("\"logitSoftcap\": 0", "logitSoftcap is 0.0, must be a number from 1.0E-6"),
        encoder(
            "\"norm\"",
            "\"logitSoftcap\": 30, \"norm\"",
            "logitSoftcap is 30.0, must be left out for kind \"encoder\""),
        top("\"assumed\": true", "reason is missing, must be a text"),
        top("\"reason\": \"none\"", "reason is given, must be left out unless assumed is true"));
  }

  /** What a schema cannot express. */
  static List<Broken> refusedByLoaderOnly() {
    return List.of(
        encoder(
            "\"learned\"",
            "\"relative\", \"buckets\": 8, \"maxDistance\": 4",
            "position.maxDistance is 4, must be above half of position.buckets = 8, at most"),
        position("\"dims\": 16", "position.dims is 16, must be at most headDim = 14"),
        position(
            "\"localTheta\": 500",
            "position.localTheta is 500.0, must be left out without local layers"),
        scaling(
            "\"type\": \"yarn\", \"factor\": 2, \"originalMaxPositionEmbeddings\": 48,"
                + " \"betaSlow\": 40",
            "position.scaling.betaFast is 32.0, must be a number from 40.0"),
        scaling(
            "\"type\": \"llama3\", \"factor\": 2, \"originalMaxPositionEmbeddings\": 48,"
                + " \"lowFreqFactor\": 4, \"highFreqFactor\": 4",
            "position.scaling.highFreqFactor is 4.0, must be a number from 4.0"));
  }

  private static Broken attention(String keys, String message) {
    return BrokenConfigs.broken("tiny-llama", "\"causal\"", "\"causal\", " + keys, message);
  }

  private static Broken position(String keys, String message) {
    return BrokenConfigs.broken("tiny-llama", "\"rope\"", "\"rope\", " + keys, message);
  }

  private static Broken scaling(String keys, String message) {
    return position("\"scaling\": {" + keys + "}", message);
  }

  private static Broken top(String keys, String message) {
    return BrokenConfigs.broken("tiny-llama", "\"norm\"", keys + ", \"norm\"", message);
  }

  private static Broken encoder(String piece, String replacement, String message) {
    return BrokenConfigs.broken("tiny-encoder", piece, replacement, message);
  }
}
