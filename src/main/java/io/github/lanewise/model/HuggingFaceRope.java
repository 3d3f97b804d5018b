package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceConfig.says;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.op.Rope.Pairing;
import io.github.lanewise.op.RopeScaling;

/**
 * Rotary positions as transformers writes them: {@code rope_theta} and {@code rope_scaling}, or
 * {@code rope_parameters} with both since its version 5. What is in neither is looked for beside
 * them.
 */
final class HuggingFaceRope {
  private static final String PARTIAL = "partial_rotary_factor";
  private static final String THETA = "rope_theta";
  private static final String LOCAL_THETA = "rope_local_base_freq";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String LENGTH = "original_max_position_embeddings";
  private static final double GEMMA3_THETA = 1e6;

  private HuggingFaceRope() {}

  static Position position(JsonObject json, HuggingFaceShape shape) {
    JsonObject at = says(json, PARAMETERS) ? json.object(PARAMETERS) : json;
    at = says(json, SCALING) ? json.object(SCALING) : at;
    return new Position.Rotary(
        theta(at, json, THETA, PositionJson.USUAL_THETA),
        Pairing.HALVES,
        dims(says(at, PARTIAL) ? at : json, shape.headDim()),
        at == json ? new RopeScaling.None() : scaling(at, shape.contextWindow()),
        0);
  }

  /** With a base of their own for local layers, where nothing is scaled. */
  static Position gemma3(JsonObject json, AttentionConfig attention, int contextWindow) {
    JsonObject parameters = says(json, PARAMETERS) ? json.object(PARAMETERS) : json;
    JsonObject global = of(parameters, "full_attention", json);
    JsonObject local = of(parameters, "sliding_attention", json);
    if (local != json && says(local, "rope_type")) {
      local.choice("rope_type", "default");
    }
    double theta = theta(global, json, THETA, GEMMA3_THETA);
    String localKey = local == json ? LOCAL_THETA : THETA;
    double localTheta =
        says(local, localKey)
            ? PositionJson.theta(local, localKey)
            : theta(json, json, LOCAL_THETA, PositionJson.USUAL_THETA);
    JsonObject at = says(json, SCALING) ? json.object(SCALING) : global;
    return new Position.Rotary(
        theta,
        Pairing.HALVES,
        0,
        at == json ? new RopeScaling.None() : scaling(at, contextWindow),
        attention.pattern().contains(Reach.LOCAL) ? localTheta : 0);
  }

  /**
   * Positions that a model is made for: {@code max_position_embeddings}, or with YaRN {@code
   * factor} times the trained length if that is more. Many files name a factor and leave the other
   * number as it was. Where another scaling is named, the number is that of the model as it is.
   */
  static int contextWindow(Position position, int maxPositionEmbeddings) {
    if (position instanceof Position.Rotary rotary
        && rotary.scaling() instanceof RopeScaling.Yarn yarn) {
      long scaled = Math.round(yarn.factor() * yarn.originalPositions());
      return Math.clamp(scaled, maxPositionEmbeddings, Integer.MAX_VALUE);
    }
    return maxPositionEmbeddings;
  }

  private static JsonObject of(JsonObject parameters, String key, JsonObject otherwise) {
    return says(parameters, key) ? parameters.object(key) : otherwise;
  }

  private static double theta(JsonObject at, JsonObject beside, String key, double usual) {
    JsonObject json = says(at, key) ? at : beside;
    return says(json, key) ? PositionJson.theta(json, key) : usual;
  }

  /** Elements of a head that turn; 0 for all. */
  private static int dims(JsonObject json, int headDim) {
    if (!says(json, PARTIAL)) {
      return 0;
    }
    double share = json.number(PARTIAL);
    Checks.between(json.path(PARTIAL), share, 2.0 / headDim, 1);
    return share == 1 ? 0 : (int) (headDim * share);
  }

  private static RopeScaling scaling(JsonObject json, int contextWindow) {
    String key = says(json, "rope_type") ? "rope_type" : "type";
    if (!says(json, key) && !says(json, "factor")) {
      return new RopeScaling.None();
    }
    return switch (json.choice(key, "default", "linear", "dynamic", "ntk", "yarn", "llama3")) {
      // Dynamic scaling changes nothing up to max_position_embeddings; past it we refuse to go.
      case "default", "dynamic" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(PositionJson.factor(json, "factor"));
      case "ntk" -> new RopeScaling.Ntk(PositionJson.factor(json, "factor"));
      case "yarn" -> yarn(json, contextWindow);
      default -> llama3(json, contextWindow);
    };
  }

  private static RopeScaling yarn(JsonObject json, int contextWindow) {
    for (String other : new String[] {"mscale", "mscale_all_dim"}) {
      if (says(json, other)) {
        throw new IllegalArgumentException(
            json.path(other) + " is " + json.number(other) + ", must be left out");
      }
    }
    if (json.has("truncate") && !json.flag("truncate")) {
      throw new IllegalArgumentException(
          json.path("truncate") + " is false, must be true or left out");
    }
    int trained = trainedLength(json, contextWindow);
    double factor = yarnFactor(json, trained, contextWindow);
    double slow = turns(json, "beta_slow", PositionJson.USUAL_BETA_SLOW);
    double fast = turns(json, "beta_fast", PositionJson.USUAL_BETA_FAST);
    Checks.between(json.path("beta_fast"), fast, slow, RopeScaling.MOST);
    return new RopeScaling.Yarn(
        factor,
        trained,
        fast,
        slow,
        turns(json, "attention_factor", RopeScaling.Yarn.usualFactor(factor)));
  }

  private static double turns(JsonObject json, String key, double usual) {
    return says(json, key) ? PositionJson.turns(json, key) : usual;
  }

  /** As a ratio of lengths where it is null, as in DeepSeek's files. */
  private static double yarnFactor(JsonObject json, int trained, int contextWindow) {
    if (json.has("factor") && json.isNull("factor")) {
      return Math.max(1, (double) contextWindow / trained);
    }
    return PositionJson.factor(json, "factor");
  }

  private static int trainedLength(JsonObject json, int contextWindow) {
    return HuggingFaceShape.size(json, Size.CONTEXT_WINDOW, LENGTH, contextWindow);
  }

  private static RopeScaling llama3(JsonObject json, int contextWindow) {
    double low = PositionJson.turns(json, "low_freq_factor");
    double high = json.number("high_freq_factor");
    Checks.between(json.path("high_freq_factor"), high, Math.nextUp(low), RopeScaling.MOST);
    return new RopeScaling.Llama3(
        PositionJson.factor(json, "factor"), low, high, trainedLength(json, contextWindow));
  }
}
