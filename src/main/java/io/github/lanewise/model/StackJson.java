package io.github.lanewise.model;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.AttentionConfig.Mask;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.PastContext;
import io.github.lanewise.model.ModelConfig.Sentences;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the two stacks of an encoder-decoder from its config: what they share from the config
 * itself, what they do not from an object for each. They share the width, and so the encoder needs
 * no table of tokens: that of the decoder serves both. Past the trained length a stack whose
 * positions are a table refuses, any other warns.
 */
@SuppressWarnings("exports") // for the kinds of this module; applications call their load
public final class StackJson {
  private static final String[] SHARED = {
    "$schema",
    "name",
    "kind",
    "heads",
    "kvHeads",
    "dModel",
    "headDim",
    "feedForward",
    "vocabulary",
    "encoder",
    "decoder",
    "norm",
    "activation",
    "attention",
    "bias",
    "embeddingScale",
    "logitScale",
    "tiedEmbeddings",
    "source",
    "assumed",
    "reason"
  };

  private StackJson() {}

  /** Refuses keys but those of both stacks and {@code more}. */
  public static void allow(JsonObject json, String... more) {
    List<String> keys = new ArrayList<>(List.of(SHARED));
    keys.addAll(List.of(more));
    json.allow(keys.toArray(String[]::new));
    json.optionalText("$schema");
  }

  /**
   * The encoder.
   *
   * @param own its object, whose further keys are the caller's
   */
  public static ModelConfig encoder(JsonObject json, JsonObject own) {
    return stack(json, own, Kind.ENCODER);
  }

  /** The decoder. */
  public static ModelConfig decoder(JsonObject json, JsonObject own) {
    own.allow("layers", "contextWindow", "position");
    return stack(json, own, Kind.DECODER);
  }

  /** Where the shape was published, and what of it is assumed. */
  public static Origin origin(JsonObject json) {
    return ConfigLoader.origin(json);
  }

  private static ModelConfig stack(JsonObject json, JsonObject own, Kind kind) {
    boolean decodes = kind == Kind.DECODER;
    int heads = Size.HEADS.of(json);
    int dModel = Size.D_MODEL.of(json);
    int headDim =
        json.has("headDim") ? Size.HEAD_DIM.of(json) : ConfigLoader.headDim(dModel, heads);
    int contextWindow = Size.CONTEXT_WINDOW.of(own);
    Position position = PositionJson.read(own.object("position"));
    return new ModelConfig(
        json.text("name") + (decodes ? "'s decoder" : "'s encoder"),
        kind,
        Size.LAYERS.of(own),
        heads,
        json.has("kvHeads") ? Size.KV_HEADS.of(json) : heads,
        dModel,
        headDim,
        Size.FEED_FORWARD.of(json),
        decodes ? Size.VOCABULARY.of(json) : 0,
        contextWindow,
        position.isTable() ? PastContext.ERROR : PastContext.WARN,
        position,
        ConfigLoader.norm(json.object("norm")),
        json.constant("activation", FeedForwardActivation.values()),
        attention(json, headDim, decodes),
        json.has("bias") ? ConfigLoader.bias(json.object("bias")) : ModelConfig.Bias.NONE,
        new Scaling(
            json.has("embeddingScale") ? json.number("embeddingScale") : 1,
            decodes && json.has("logitScale") ? json.number("logitScale") : 1,
            0),
        decodes && json.flag("tiedEmbeddings"),
        0,
        Sentences.NONE,
        contextWindow,
        null,
        Origin.UNKNOWN);
  }

  private static AttentionConfig attention(JsonObject json, int headDim, boolean decodes) {
    AttentionConfig usual = AttentionConfig.of(decodes ? Mask.CAUSAL : Mask.FULL, headDim);
    AttentionConfig attention = json.has("attention") ? scaled(usual, json) : usual;
    return decodes ? attention.withCross() : attention;
  }

  private static AttentionConfig scaled(AttentionConfig usual, JsonObject json) {
    JsonObject own = json.object("attention");
    own.allow("scale");
    return usual.withScale(ConfigLoader.positive(own, "scale"));
  }
}
