package io.github.lanewise.op;

import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Ways to stretch the positions of a model that was trained on short texts, by changing the
 * frequencies of its {@link Rope}. All but {@link None} are told by which {@code factor} texts may
 * be longer, at least 1.
 */
public sealed interface RopeScaling {
  /** Largest factor, and largest number of turns. */
  double MOST = 1e6;

  /**
   * The frequencies for heads of which {@code rotaryDim} elements turn.
   *
   * @throws IllegalArgumentException if rotaryDim is odd or not positive, theta not a positive
   *     number
   */
  RopeFrequencies frequencies(int rotaryDim, double theta);

  /** As trained. */
  record None() implements RopeScaling {
    @Override
    public RopeFrequencies frequencies(int rotaryDim, double theta) {
      return RopeFrequencies.of(rotaryDim, theta);
    }
  }

  /**
   * Position interpolation (Chen et al. 2023): all pairs turn {@code factor} times slower.
   *
   * @param factor how much longer texts may be
   */
  record Linear(double factor) implements RopeScaling {
    /** Checks the values. */
    public Linear {
      checkFactor(factor);
    }

    @Override
    public RopeFrequencies frequencies(int rotaryDim, double theta) {
      RopeFrequencies trained = RopeFrequencies.of(rotaryDim, theta);
      return changed(trained, 1, pair -> trained.radians(pair) / factor);
    }
  }

  /**
   * NTK-aware interpolation (bloc97 2023): another base, {@code theta · factor^(d / (d - 2))} for d
   * turning elements, so that the slowest pair turns {@code factor} times slower and the fastest as
   * before.
   *
   * @param factor how much longer texts may be
   */
  record Ntk(double factor) implements RopeScaling {
    /** Checks the values. */
    public Ntk {
      checkFactor(factor);
    }

    /** {@inheritDoc} Of two turning elements, one pair, nothing changes. */
    @Override
    public RopeFrequencies frequencies(int rotaryDim, double theta) {
      double power = rotaryDim > 2 ? rotaryDim / (rotaryDim - 2.0) : 0;
      return RopeFrequencies.of(rotaryDim, theta * StrictMath.pow(factor, power));
    }
  }

  /**
   * YaRN (Peng et al. 2023): pairs that turn more than {@code betaFast} times in the trained length
   * stay, those that turn less than {@code betaSlow} times are interpolated, those between change
   * from the one to the other linearly in their number; all turned elements are multiplied by
   * {@code attentionFactor}.
   *
   * @param factor how much longer texts may be
   * @param originalPositions the trained length
   * @param betaFast turns from which on a pair stays, 32 in the paper
   * @param betaSlow turns up to which a pair is interpolated, 1 in the paper
   * @param attentionFactor what queries and keys are multiplied by, see {@link #usualFactor}
   */
  record Yarn(
      double factor,
      int originalPositions,
      double betaFast,
      double betaSlow,
      double attentionFactor)
      implements RopeScaling {
    /** Added to an end of the ramp that would be its start. */
    private static final double SHORTEST_RAMP = 0.001;

    /** Of a base of 1, all of whose pairs turn alike. */
    private static final double SMALLEST_LOG = 1e-9;

    /** Checks the values. */
    public Yarn {
      checkFactor(factor);
      Checks.positive("originalPositions", originalPositions);
      between("betaSlow", betaSlow, 1 / MOST, MOST);
      between("betaFast", betaFast, betaSlow, MOST);
      between("attentionFactor", attentionFactor, 1 / MOST, MOST);
    }

    /** The paper's attention factor, {@code 0.1·ln(factor) + 1}. */
    public static double usualFactor(double factor) {
      return 0.1 * StrictMath.log(factor) + 1;
    }

    @Override
    public RopeFrequencies frequencies(int rotaryDim, double theta) {
      RopeFrequencies trained = RopeFrequencies.of(rotaryDim, theta);
      // Where no pair is between, the ramp is steep: before its first pair all stay.
      double last = rotaryDim - 1.0;
      double low = Math.clamp(Math.floor(pair(betaFast, rotaryDim, theta)), 0, last);
      double high = Math.clamp(Math.ceil(pair(betaSlow, rotaryDim, theta)), low, last);
      double length = high == low ? SHORTEST_RAMP : high - low;
      return changed(
          trained,
          attentionFactor,
          pair -> {
            double slowed = Math.clamp((pair - low) / length, 0, 1);
            return trained.radians(pair) * (slowed / factor + 1 - slowed);
          });
    }

    /** The pair, not a whole number, that turns so often in the trained length. */
    private double pair(double turns, int rotaryDim, double theta) {
      double radians = turns * 2 * Math.PI / originalPositions;
      double slowdown = 2 * Math.max(StrictMath.log(theta), SMALLEST_LOG) / rotaryDim;
      return -StrictMath.log(radians) / slowdown;
    }
  }

  /**
   * Llama 3.1's: pairs that turn more than {@code highFreqFactor} times in the trained length stay,
   * those that turn less than {@code lowFreqFactor} times are interpolated, those between change
   * from the one to the other linearly in their turns.
   *
   * @param factor how much longer texts may be
   * @param lowFreqFactor turns up to which a pair is interpolated
   * @param highFreqFactor turns from which on a pair stays, more than {@code lowFreqFactor}
   * @param originalPositions the trained length
   */
  record Llama3(double factor, double lowFreqFactor, double highFreqFactor, int originalPositions)
      implements RopeScaling {
    /** Checks the values. */
    public Llama3 {
      checkFactor(factor);
      between("lowFreqFactor", lowFreqFactor, 1 / MOST, MOST);
      between("highFreqFactor", highFreqFactor, Math.nextUp(lowFreqFactor), MOST);
      Checks.positive("originalPositions", originalPositions);
    }

    @Override
    public RopeFrequencies frequencies(int rotaryDim, double theta) {
      RopeFrequencies trained = RopeFrequencies.of(rotaryDim, theta);
      return changed(
          trained,
          1,
          pair -> {
            double turns = originalPositions * trained.radians(pair) / (2 * Math.PI);
            double kept =
                Math.clamp((turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor), 0, 1);
            return trained.radians(pair) * ((1 - kept) / factor + kept);
          });
    }
  }

  private static RopeFrequencies changed(
      RopeFrequencies trained, double magnitude, IntToDoubleFunction radians) {
    int pairs = trained.rotaryDim() / 2;
    return new RopeFrequencies(IntStream.range(0, pairs).mapToDouble(radians).toArray(), magnitude);
  }

  private static void checkFactor(double factor) {
    between("factor", factor, 1, MOST);
  }

  /** Refuses NaN too. */
  private static void between(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name + " is " + value + ", must be a number from " + least + " to " + most);
    }
  }
}
