package io.github.lanewise.model;

import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import java.util.List;

/**
 * The attention of a model's layers: which keys a query sees, and what becomes of its scores.
 *
 * @param mask whether a query sees later keys
 * @param window keys that a query of a local layer sees, its own position included and later ones
 *     not; 0 if no layer is local
 * @param pattern which layers are local: layer i is as element {@code i % size} says
 * @param scale factor of the products of queries and keys, usually 1/√headDim
 * @param softcap c: scores become {@code c·tanh(score / c)}; 0 for none
 * @param queryKeyNorm whether every head of queries and keys is brought to root mean square 1 and
 *     multiplied by a learned gain before it is turned (Henry et al. 2020; Gemma 3, Qwen 3)
 * @param cross whether every layer then looks at the states of an encoder (Vaswani et al. 2017,
 *     section 3.2.3), with heads, scale and norm as for its own tokens; in decoders
 */
public record AttentionConfig(
    Mask mask,
    int window,
    List<Reach> pattern,
    double scale,
    double softcap,
    boolean queryKeyNorm,
    boolean cross) {

  /** Most elements of a pattern. */
  static final int LONGEST_PATTERN = 64;

  /** Which keys a query sees. */
  public enum Mask {
    /** All of its sequence. */
    FULL,
    /** Those at its own and earlier positions. */
    CAUSAL
  }

  /** How far a layer sees of what the mask shows. */
  public enum Reach {
    /** Everything. */
    GLOBAL,
    /** A window that moves with the query: sliding windows of Mistral and Gemma, bands of GPT-3. */
    LOCAL
  }

  /** Checks the values and their agreement. */
  public AttentionConfig {
    pattern = List.copyOf(pattern);
    Checks.require(
        !pattern.isEmpty() && pattern.size() <= LONGEST_PATTERN,
        "attention.pattern has " + pattern.size() + " elements, must have 1 to " + LONGEST_PATTERN);
    Checks.require(
        window >= 0 && window <= Attention.MAX_KEYS,
        "attention.window is " + window + ", must be 1 to " + Attention.MAX_KEYS);
    Checks.require(
        window > 0 || !pattern.contains(Reach.LOCAL),
        "attention.window is missing, must be given for \"local\" layers");
    Checks.require(
        window == 0 || mask == Mask.CAUSAL,
        "attention.window is " + window + ", must be left out with attention.type \"full\"");
    Checks.between("attention.scale", scale, 1e-6, 1e6);
    if (softcap != 0) {
      Checks.between("attention.softcap", softcap, 1e-6, 1e6);
    }
  }

  /** The same in all layers, with the usual scale and nothing else. */
  public static AttentionConfig of(Mask mask, int headDim) {
    return new AttentionConfig(
        mask, 0, List.of(Reach.GLOBAL), usualScale(headDim), 0, false, false);
  }

  /** 1/√headDim. */
  static double usualScale(int headDim) {
    return 1 / Math.sqrt(headDim);
  }

  /** The same with another scale. */
  AttentionConfig withScale(double newScale) {
    return new AttentionConfig(mask, window, pattern, newScale, softcap, queryKeyNorm, cross);
  }

  /** The same, and a look at an encoder's states. */
  AttentionConfig withCross() {
    return new AttentionConfig(mask, window, pattern, scale, softcap, queryKeyNorm, true);
  }

  /** Whether later keys are hidden. */
  public boolean causal() {
    return mask == Mask.CAUSAL;
  }

  /** How far a layer sees. */
  public Reach reach(int layer) {
    return pattern.get(layer % pattern.size());
  }

  /** Keys that a query of a layer sees at most, its own included. */
  int mostKeys(int layer) {
    return reach(layer) == Reach.LOCAL ? window : Attention.MAX_KEYS;
  }

  /** What a layer's attention to an encoder's states computes. */
  static AttentionSpec crossSpec(ModelConfig config) {
    return AttentionSpec.of(config.heads(), config.kvHeads(), config.headDim(), false)
        .scale((float) config.attention().scale());
  }

  /** What a layer's attention computes. */
  static AttentionSpec spec(ModelConfig config, int layer) {
    AttentionConfig attention = config.attention();
    AttentionSpec spec =
        AttentionSpec.of(config.heads(), config.kvHeads(), config.headDim(), attention.causal())
            .scale((float) attention.scale())
            .softcap((float) attention.softcap());
    if (attention.reach(layer) == Reach.LOCAL) {
      spec = spec.window(attention.window() - 1, 0);
    }
    return config.position() instanceof Position.Alibi ? spec.alibi() : spec;
  }
}
