package io.github.lanewise.kernel.norm;

/** The definitions of LayerNorm, RMSNorm and unit length, in double precision. */
public final class NormReference {
  private NormReference() {}

  /** (x - mean) / √(variance + epsilon) · gamma + beta. */
  public static double[] layerNorm(float[] x, float[] gamma, float[] beta, double epsilon) {
    double mean = 0;
    for (float value : x) {
      mean += value;
    }
    mean /= x.length;
    double variance = 0;
    for (float value : x) {
      variance += (value - mean) * (value - mean);
    }
    variance /= x.length;
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = (x[i] - mean) / Math.sqrt(variance + epsilon) * gamma[i] + beta[i];
    }
    return out;
  }

  /** x / √(mean(x²) + epsilon) · gamma. */
  public static double[] rmsNorm(float[] x, float[] gamma, double epsilon) {
    double meanSquare = 0;
    for (float value : x) {
      meanSquare += (double) value * value;
    }
    meanSquare /= x.length;
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] / Math.sqrt(meanSquare + epsilon) * gamma[i];
    }
    return out;
  }

  /** x / max(‖x‖, least). */
  public static double[] unit(double[] x, double least) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] / Math.max(Math.sqrt(squares), least);
    }
    return out;
  }
}
