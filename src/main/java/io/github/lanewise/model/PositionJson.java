package io.github.lanewise.model;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.op.Rope.Pairing;
import io.github.lanewise.op.RopeScaling;

/** Reads how positions enter. */
final class PositionJson {
  /** Of the paper, and what nearly all models began with. */
  static final double USUAL_THETA = 10_000;

  /** YaRN's, of its paper. */
  static final double USUAL_BETA_FAST = 32;

  static final double USUAL_BETA_SLOW = 1;

  private PositionJson() {}

  static Position read(JsonObject json) {
    json.allow(
        "type", "theta", "pairing", "dims", "localTheta", "scaling", "buckets", "maxDistance");
    String[] types = {"learned", "rope", "sinusoidal", "alibi", "relative", "none"};
    return switch (json.choice("type", types)) {
      case "rope" -> rope(json);
      case "learned" -> plain(json, new Position.Learned());
      case "sinusoidal" -> sinusoidal(json);
      case "relative" -> relative(json);
      case "alibi" -> plain(json, new Position.Alibi());
      default -> plain(json, new Position.None());
    };
  }

  private static Position plain(JsonObject json, Position position) {
    json.allow("type");
    return position;
  }

  private static Position sinusoidal(JsonObject json) {
    json.allow("type", "pairing");
    return json.has("pairing")
        ? new Position.Sinusoidal(json.constant("pairing", Pairing.values()))
        : new Position.Sinusoidal();
  }

  private static Position relative(JsonObject json) {
    json.allow("type", "buckets", "maxDistance");
    return new Position.Relative(
        json.whole("buckets", 4, Position.Relative.MOST_BUCKETS),
        json.whole("maxDistance", 1, Position.Relative.MOST_DISTANCE));
  }

  private static Position rope(JsonObject json) {
    json.allow("type", "theta", "pairing", "dims", "localTheta", "scaling");
    return new Position.Rotary(
        json.has("theta") ? json.number("theta") : USUAL_THETA,
        json.has("pairing") ? json.constant("pairing", Pairing.values()) : Pairing.HALVES,
        json.has("dims") ? json.whole("dims", 2, Size.MOST_HEAD_DIM) : 0,
        json.has("scaling") ? scaling(json.object("scaling")) : new RopeScaling.None(),
        json.has("localTheta") ? theta(json, "localTheta") : 0);
  }

  /** A base that must not be 0, which stands for none. */
  static double theta(JsonObject json, String key) {
    double theta = json.number(key);
    Checks.between(json.path(key), theta, 1, 1e12);
    return theta;
  }

  private static RopeScaling scaling(JsonObject json) {
    json.allow(
        "type",
        "factor",
        "originalMaxPositionEmbeddings",
        "attentionFactor",
        "betaFast",
        "betaSlow",
        "lowFreqFactor",
        "highFreqFactor");
    return switch (json.choice("type", "linear", "ntk", "yarn", "llama3")) {
      case "linear" -> {
        json.allow("type", "factor");
        yield new RopeScaling.Linear(factor(json, "factor"));
      }
      case "ntk" -> {
        json.allow("type", "factor");
        yield new RopeScaling.Ntk(factor(json, "factor"));
      }
      case "yarn" -> yarn(json);
      default -> llama3(json);
    };
  }

  private static RopeScaling yarn(JsonObject json) {
    json.allow(
        "type",
        "factor",
        "originalMaxPositionEmbeddings",
        "attentionFactor",
        "betaFast",
        "betaSlow");
    double factor = factor(json, "factor");
    double slow = json.has("betaSlow") ? turns(json, "betaSlow") : USUAL_BETA_SLOW;
    double fast = json.has("betaFast") ? turns(json, "betaFast") : USUAL_BETA_FAST;
    Checks.between(json.path("betaFast"), fast, slow, RopeScaling.MOST);
    return new RopeScaling.Yarn(
        factor,
        Size.CONTEXT_WINDOW.of(json, "originalMaxPositionEmbeddings"),
        fast,
        slow,
        json.has("attentionFactor")
            ? turns(json, "attentionFactor")
            : RopeScaling.Yarn.usualFactor(factor));
  }

  private static RopeScaling llama3(JsonObject json) {
    json.allow(
        "type", "factor", "originalMaxPositionEmbeddings", "lowFreqFactor", "highFreqFactor");
    double low = turns(json, "lowFreqFactor");
    double high = json.number("highFreqFactor");
    Checks.between(json.path("highFreqFactor"), high, Math.nextUp(low), RopeScaling.MOST);
    return new RopeScaling.Llama3(
        factor(json, "factor"),
        low,
        high,
        Size.CONTEXT_WINDOW.of(json, "originalMaxPositionEmbeddings"));
  }

  /** A factor by which texts may be longer. */
  static double factor(JsonObject json, String key) {
    double factor = json.number(key);
    Checks.between(json.path(key), factor, 1, RopeScaling.MOST);
    return factor;
  }

  /** Any positive number within reason. */
  static double turns(JsonObject json, String key) {
    double turns = json.number(key);
    Checks.between(json.path(key), turns, 1 / RopeScaling.MOST, RopeScaling.MOST);
    return turns;
  }
}
