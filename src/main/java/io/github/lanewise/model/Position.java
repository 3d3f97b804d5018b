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

  /**
   * Sines and cosines of the position, added to the token embedding (Vaswani et al. 2017).
   *
   * @param pairing where the sine and the cosine of an angle stand: in neighbouring columns, as in
   *     the paper, or half a row apart, with frequencies from 1 to 1/10000 (Whisper)
   */
  record Sinusoidal(Rope.Pairing pairing) implements Position {
    /** As in the paper. */
    public Sinusoidal() {
      this(Rope.Pairing.INTERLEAVED);
    }

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

  /**
   * A learned number is added to the score, by the distance between query and key and by head; the
   * same in all layers (Raffel et al. 2020). Half of the buckets (of each direction, where queries
   * see later keys) are for one distance each, the others for ever longer ranges of them.
   *
   * @param buckets ranges of distances
   * @param maxDistance from which on all distances share the last bucket
   */
  record Relative(int buckets, int maxDistance) implements Position {
    static final int MOST_BUCKETS = 1024;
    static final int MOST_DISTANCE = 1 << 20;

    /** Checks the values. */
    public Relative {
      Checks.require(
          buckets >= 4 && buckets <= MOST_BUCKETS && buckets % 4 == 0,
          "position.buckets is " + buckets + ", must be a multiple of 4 up to " + MOST_BUCKETS);
      Checks.require(
          maxDistance > buckets / 2 && maxDistance <= MOST_DISTANCE,
          "position.maxDistance is %d, must be above half of position.buckets = %d, at most %d"
              .formatted(maxDistance, buckets, MOST_DISTANCE));
    }

    /**
     * The bucket of a distance.
     *
     * @param distance of the key from the query: negative for earlier ones
     * @param bothWays whether queries see later keys
     */
    int bucket(int distance, boolean bothWays) {
      int ofDirection = bothWays ? buckets / 2 : buckets;
      int before = bothWays && distance > 0 ? ofDirection : 0;
      int far = bothWays ? Math.abs(distance) : Math.max(-distance, 0);
      int exact = ofDirection / 2;
      if (far < exact) {
        return before + far;
      }
      double share = Math.log((double) far / exact) / Math.log((double) maxDistance / exact);
      // What is a whole number but for rounding must not fall below it.
      int range = (int) (share * (ofDirection - exact) + 1e-9);
      return before + Math.min(exact + range, ofDirection - 1);
    }
  }

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
