package io.github.lanewise.model;

import io.github.lanewise.op.RopeScaling;

/** How fast the pairs of a head turn, written down from the papers in terms of wavelengths. */
final class ReferenceRope {
  private final int dims;
  private final double theta;
  private final RopeScaling scaling;

  ReferenceRope(Position.Rotary rotary, boolean local, int headDim) {
    boolean ownBase = local && rotary.localTheta() != 0;
    dims = rotary.dims() == 0 ? headDim : rotary.dims();
    theta = ownBase ? rotary.localTheta() : rotary.theta();
    scaling = ownBase ? new RopeScaling.None() : rotary.scaling();
  }

  /** Elements of a head that turn. */
  int dims() {
    return dims;
  }

  /** What is multiplied onto cosines and sines. */
  double magnitude() {
    return scaling instanceof RopeScaling.Yarn yarn ? yarn.attentionFactor() : 1;
  }

  /** Radians from one position to the next. */
  double frequency(int pair) {
    return switch (scaling) {
      case RopeScaling.None none -> trained(pair);
      case RopeScaling.Linear linear -> trained(pair) / linear.factor();
      case RopeScaling.Ntk ntk -> {
        double base = theta * Math.pow(ntk.factor(), dims / (dims - 2.0));
        yield Math.pow(base, -2.0 * pair / dims);
      }
      case RopeScaling.Yarn yarn -> yarn(yarn, pair);
      case RopeScaling.Llama3 llama -> llama(llama, pair);
    };
  }

  private double trained(int pair) {
    return Math.pow(theta, -2.0 * pair / dims);
  }

  private double yarn(RopeScaling.Yarn yarn, int pair) {
    double low = Math.floor(pairOfTurns(yarn.betaFast(), yarn.originalPositions()));
    double high = Math.ceil(pairOfTurns(yarn.betaSlow(), yarn.originalPositions()));
    low = Math.max(low, 0);
    high = Math.min(high, dims - 1);
    double ramp = Math.min(1, Math.max(0, (pair - low) / (high - low)));
    return ramp * trained(pair) / yarn.factor() + (1 - ramp) * trained(pair);
  }

  private double pairOfTurns(double turns, int length) {
    return dims * Math.log(length / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  private double llama(RopeScaling.Llama3 llama, int pair) {
    double wavelength = 2 * Math.PI / trained(pair);
    double length = llama.originalPositions();
    if (wavelength < length / llama.highFreqFactor()) {
      return trained(pair);
    }
    if (wavelength > length / llama.lowFreqFactor()) {
      return trained(pair) / llama.factor();
    }
    double smooth =
        (length / wavelength - llama.lowFreqFactor())
            / (llama.highFreqFactor() - llama.lowFreqFactor());
    return (1 - smooth) * trained(pair) / llama.factor() + smooth * trained(pair);
  }
}
