package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Gemm} does to a product before its only store: {@code residual + activation(a·Wᵀ +
 * bias)}, each part optional. Immutable.
 */
public final class Epilogue {
  private static final Epilogue NONE = new Epilogue(null, Activation.NONE, false);

  private final @Nullable Matrix bias;
  private final Activation activation;
  private final boolean residual;

  private Epilogue(@Nullable Matrix bias, Activation activation, boolean residual) {
    this.bias = bias;
    this.activation = activation;
    this.residual = residual;
  }

  /** The product as it is. */
  public static Epilogue none() {
    return NONE;
  }

  /** Adds {@code bias [1, outFeatures]} to every row. The bias is viewed, not copied. */
  public Epilogue bias(Matrix newBias) {
    return new Epilogue(newBias, activation, residual);
  }

  /** Applies an activation after the bias. */
  public Epilogue activation(Activation newActivation) {
    return new Epilogue(bias, newActivation, residual);
  }

  /**
   * Adds a residual of the output's shape at the end, given to {@link Gemm#run(Matrix, Matrix,
   * Matrix)}.
   */
  public Epilogue residual() {
    return new Epilogue(bias, activation, true);
  }

  boolean hasBias() {
    return bias != null;
  }

  boolean hasResidual() {
    return residual;
  }

  void check(int outFeatures) {
    if (bias != null) {
      Checks.vector("bias", bias, outFeatures);
    }
  }

  long biasAddress() {
    return bias == null ? 0 : bias.address();
  }

  /** Applies the activation to {@code count} floats at an address, in place. */
  void activate(long x, int count) {
    activation.row(x, x, count);
  }
}
