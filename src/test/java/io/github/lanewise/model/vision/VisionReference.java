package io.github.lanewise.model.vision;

import io.github.lanewise.model.Weights;
import io.github.lanewise.testing.PlainMath;

/** A vision transformer written down from the paper, for one image. */
final class VisionReference {
  private final VisionWeights weights;
  private final Weights encoder;
  private final PlainMath math;
  private final double epsilon;

  VisionReference(VisionWeights weights, PlainMath math) {
    this.weights = weights;
    this.math = math;
    encoder = weights.encoder();
    epsilon = weights.config().encoder().norm().epsilon();
  }

  double[][] scores(double[][] patches) {
    double[][] e =
        math.linear(
            patches,
            PlainMath.of(weights.around().linear("patches.weight")),
            PlainMath.of(weights.around().matrix("patches.bias"))[0]);
    double[][] positions = PlainMath.of(encoder.matrix("positions"));
    double[][] x = new double[1 + e.length][];
    x[0] = PlainMath.of(encoder.matrix("tokens"))[0];
    System.arraycopy(e, 0, x, 1, e.length);
    x = math.sum(x, positions);
    for (int layer = 0; layer < weights.config().encoder().layers(); layer++) {
      String name = "layers." + layer + ".";
      x = math.sum(x, attention(norm(x, name + "attentionNorm"), name));
      x = math.sum(x, feedForward(norm(x, name + "feedForwardNorm"), name));
    }
    double[][] classToken = {norm(x, "finalNorm")[0]};
    return math.linear(
        classToken,
        PlainMath.of(weights.around().linear("head.weight")),
        PlainMath.of(weights.around().matrix("head.bias"))[0]);
  }

  private double[][] attention(double[][] x, String name) {
    int width = x[0].length;
    double[][] qkv = linear(x, name + "qkv");
    double[][] heads =
        math.attention(
            PlainMath.columns(qkv, 0, width),
            PlainMath.columns(qkv, width, width),
            PlainMath.columns(qkv, 2 * width, width),
            weights.config().encoder().heads(),
            PlainMath.Bias.NONE);
    return linear(heads, name + "output");
  }

  private double[][] feedForward(double[][] x, String name) {
    double[][] hidden =
        math.map(linear(x, name + "up"), v -> 0.5 * v * (1 + PlainMath.erf(v / Math.sqrt(2))));
    return linear(hidden, name + "down");
  }

  private double[][] linear(double[][] x, String name) {
    return math.linear(
        x,
        PlainMath.of(encoder.linear(name + ".weight")),
        PlainMath.of(encoder.matrix(name + ".bias"))[0]);
  }

  private double[][] norm(double[][] x, String name) {
    return math.layerNorm(
        x,
        PlainMath.of(encoder.matrix(name + ".gain"))[0],
        PlainMath.of(encoder.matrix(name + ".shift"))[0],
        epsilon);
  }
}
