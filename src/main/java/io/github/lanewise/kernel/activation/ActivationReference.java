package io.github.lanewise.kernel.activation;

/** The definitions of the activation functions, in double precision. */
public final class ActivationReference {
  private ActivationReference() {}

  /**
   * x·Φ(x), Φ by its integral: Simpson's rule on the density from 0, or on the tail's continued
   * fraction.
   */
  public static double gelu(double x) {
    return x * (x < -3 ? tail(-x) : 0.5 + integral(x));
  }

  /**
   * x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), written so that the negative tail keeps its digits.
   */
  public static double geluTanh(double x) {
    double u = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return x / (1 + Math.exp(-2 * u));
  }

  /** x / (1 + e^(-x)). */
  public static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  /** 1 / (1 + e^(-x)). */
  public static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** c·tanh(x / c). */
  public static double softcap(double x, double c) {
    return c * Math.tanh(x / c);
  }

  /** tanh x. */
  public static double tanh(double x) {
    return Math.tanh(x);
  }

  /** max(x, 0). */
  public static double relu(double x) {
    return Math.max(x, 0);
  }

  /** ∫ of the normal density from 0 to x. */
  private static double integral(double x) {
    double end = Math.clamp(x, -10, 10);
    int steps = 1000;
    double h = end / steps;
    double sum = density(0) + density(end);
    for (int i = 1; i < steps; i++) {
      sum += (i % 2 == 0 ? 2 : 4) * density(i * h);
    }
    return sum * h / 3;
  }

  /** Φ(-z) for z ≥ 3 by Laplace's continued fraction, φ(z) / (z + 1 / (z + 2 / (z + 3 / ...))). */
  private static double tail(double z) {
    double fraction = z;
    for (int i = 200; i >= 1; i--) {
      fraction = z + i / fraction;
    }
    return density(z) / fraction;
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }
}
