package io.github.lanewise.model;

import io.github.lanewise.op.Rope;
import io.github.lanewise.op.RopeFrequencies;
import io.github.lanewise.op.RopeScaling;

/** How positions enter. */
public sealed interface Position {
  /** Whether there is a row for each position of the context window, and none past it. */
  default boolean isTable() {
    return false;
  }

  /** A learned vector per position, added to the token embedding (GPT-2, BERT). */
  record Learned() implements Position {
    @Override
    public boolean isTable() {
      return true;
    }
  }

  /** Sines and cosines of the position, added to the token embedding (Vaswani et al. 2017). */
  record Sinusoidal() implements Position {
    @Override
    public boolean isTable() {
      return true;
    }
  }

  /**
   * Rotation of queries and keys (Su et al. 2021).
   *
   * @param theta base of the frequencies
   * @param pairing which two elements of a head turn together
   * @param dims elements of a head that turn, the first ones; 0 for all
   * @param scaling how frequencies are changed for texts longer than those first trained on
   * @param localTheta base in local layers, where nothing is scaled; 0 if all layers are alike
   */
  record Rotary(
      double theta, Rope.Pairing pairing, int dims, RopeScaling scaling, double localTheta)
      implements Position {
    /** Checks the values. */
    public Rotary {
      Checks.between("position.theta", theta, 1, 1e12);
      Checks.require(dims % 2 == 0 && dims >= 0, "position.dims is " + dims + ", must be even");
      if (localTheta != 0) {
        Checks.between("position.localTheta", localTheta, 1, 1e12);
      }
    }

    /** As in the paper. */
    public Rotary(double theta, Rope.Pairing pairing) {
      this(theta, pairing, 0, new RopeScaling.None(), 0);
    }

    /** Whether local layers have frequencies of their own. */
    boolean hasLocal() {
      return localTheta != 0;
    }

    /** Elements of a head that turn. */
    int rotaryDim(int headDim) {
      return dims == 0 ? headDim : dims;
    }

    RopeFrequencies frequencies(int headDim) {
      return scaling.frequencies(rotaryDim(headDim), theta);
    }

    RopeFrequencies localFrequencies(int headDim) {
      return RopeFrequencies.of(rotaryDim(headDim), localTheta);
    }
  }

  /** Scores fall with the distance, in each head at its own rate (Press et al. 2022). */
  record Alibi() implements Position {}

  /** Not at all; a causal mask alone tells positions apart. */
  record None() implements Position {}

  /**
   * Checks the agreement with the rest of a config.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  default void check(int headDim, AttentionConfig attention, ModelConfig.PastContext pastContext) {
    if (this instanceof Rotary rotary) {
      Checks.require(
          headDim % 2 == 0 || rotary.dims() > 0,
          "headDim is " + headDim + ", must be even for position.type \"rope\"");
      Checks.require(
          rotary.dims() <= headDim,
          "position.dims is " + rotary.dims() + ", must be at most headDim = " + headDim);
      Checks.require(
          !rotary.hasLocal() || attention.pattern().contains(AttentionConfig.Reach.LOCAL),
          "position.localTheta is "
              + rotary.localTheta()
              + ", must be left out without local layers");
    }
    Checks.require(
        !isTable() || pastContext == ModelConfig.PastContext.ERROR,
        "pastContext is \"warn\", must be \"error\" where positions are learned or sinusoidal:"
            + " there is none past the context window");
  }
}
