package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceConfig.says;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.op.Rope.Pairing;
import io.github.lanewise.op.RopeScaling;

/**
 * Rotary positions as transformers writes them: {@code rope_theta} and {@code rope_scaling}, or
 * {@code rope_parameters} with both since its version 5.
 */
final class HuggingFaceRope {
  private static final String THETA = "rope_theta";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String LENGTH = "original_max_position_embeddings";
  private static final double GEMMA3_THETA = 1e6;

  private HuggingFaceRope() {}

  static Position position(JsonObject json, HuggingFaceDecoder.Shape shape) {
    JsonObject at = says(json, PARAMETERS) ? json.object(PARAMETERS) : json;
    double theta = theta(at, THETA, PositionJson.USUAL_THETA);
    RopeScaling scaling = scaling(json, at, shape.contextWindow());
    return new Position.Rotary(theta, Pairing.HALVES, dims(at, shape.headDim()), scaling, 0);
  }

  /** With a base of their own for local layers, where nothing is scaled. */
  static Position gemma3(JsonObject json, AttentionConfig attention, int contextWindow) {
    boolean hasLocal = attention.pattern().contains(Reach.LOCAL);
    if (says(json, PARAMETERS)) {
      JsonObject parameters = json.object(PARAMETERS);
      JsonObject global = parameters.object("full_attention");
      JsonObject local = parameters.object("sliding_attention");
      local.choice("rope_type", "default");
      return rotary(
          theta(global, THETA, GEMMA3_THETA),
          scaling(json, global, contextWindow),
          hasLocal ? theta(local, THETA, PositionJson.USUAL_THETA) : 0);
    }
    double local = theta(json, "rope_local_base_freq", PositionJson.USUAL_THETA);
    return rotary(
        theta(json, THETA, GEMMA3_THETA), scaling(json, json, contextWindow), hasLocal ? local : 0);
  }

  private static Position rotary(double theta, RopeScaling scaling, double localTheta) {
    return new Position.Rotary(theta, Pairing.HALVES, 0, scaling, localTheta);
  }

  private static double theta(JsonObject json, String key, double usual) {
    return says(json, key) ? PositionJson.theta(json, key) : usual;
  }

  /** Elements of a head that turn; 0 for all. */
  private static int dims(JsonObject json, int headDim) {
    if (!says(json, "partial_rotary_factor")) {
      return 0;
    }
    double share = json.number("partial_rotary_factor");
    Checks.between(json.path("partial_rotary_factor"), share, 2.0 / headDim, 1);
    return share == 1 ? 0 : (int) (headDim * share);
  }

  /**
   * @param at where {@code rope_parameters} hold it; {@code json} itself if there are none
   */
  private static RopeScaling scaling(JsonObject json, JsonObject at, int contextWindow) {
    if (at != json) {
      return scaling(at, contextWindow);
    }
    return says(json, SCALING)
        ? scaling(json.object(SCALING), contextWindow)
        : new RopeScaling.None();
  }

  private static RopeScaling scaling(JsonObject json, int contextWindow) {
    String key = says(json, "rope_type") ? "rope_type" : "type";
    return switch (json.choice(key, "default", "linear", "ntk", "yarn", "llama3")) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(PositionJson.factor(json, "factor"));
      case "ntk" -> new RopeScaling.Ntk(PositionJson.factor(json, "factor"));
      case "yarn" -> yarn(json, contextWindow);
      default -> llama3(json);
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
    double factor = PositionJson.factor(json, "factor");
    double slow = turns(json, "beta_slow", PositionJson.USUAL_BETA_SLOW);
    double fast = turns(json, "beta_fast", PositionJson.USUAL_BETA_FAST);
    Checks.between(json.path("beta_fast"), fast, slow, RopeScaling.MOST);
    return new RopeScaling.Yarn(
        factor,
        says(json, LENGTH) ? Size.CONTEXT_WINDOW.of(json, LENGTH) : contextWindow,
        fast,
        slow,
        turns(json, "attention_factor", RopeScaling.Yarn.usualFactor(factor)));
  }

  private static double turns(JsonObject json, String key, double usual) {
    return says(json, key) ? PositionJson.turns(json, key) : usual;
  }

  private static RopeScaling llama3(JsonObject json) {
    double low = PositionJson.turns(json, "low_freq_factor");
    double high = json.number("high_freq_factor");
    Checks.between(json.path("high_freq_factor"), high, Math.nextUp(low), RopeScaling.MOST);
    return new RopeScaling.Llama3(
        PositionJson.factor(json, "factor"), low, high, Size.CONTEXT_WINDOW.of(json, LENGTH));
  }
}
