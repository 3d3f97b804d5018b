package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.simd.RowMath;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Gemm} does to a product before its only store: {@code β·residual +
 * activation(α·a·Wᵀ + bias)}, each part optional, in f32. Immutable.
 */
public final class Epilogue {
  private static final Epilogue NONE = new Epilogue(1, null, Activation.NONE, false, 1);

  private final float scale;
  private final @Nullable Matrix bias;
  private final Activation activation;
  private final boolean residual;
  private final float residualScale;

  private Epilogue(
      float scale,
      @Nullable Matrix bias,
      Activation activation,
      boolean residual,
      float residualScale) {
    this.scale = scale;
    this.bias = bias;
    this.activation = activation;
    this.residual = residual;
    this.residualScale = residualScale;
  }

  /** The product as it is. */
  public static Epilogue none() {
    return NONE;
  }

  /** Multiplies the product by {@code alpha}, before anything else. */
  public Epilogue scale(float alpha) {
    return new Epilogue(alpha, bias, activation, residual, residualScale);
  }

  /** Adds {@code bias [1, outFeatures]} to every row. The bias is viewed, not copied. */
  public Epilogue bias(Matrix newBias) {
    return new Epilogue(scale, newBias, activation, residual, residualScale);
  }

  /** Applies an activation after the bias. */
  public Epilogue activation(Activation newActivation) {
    return new Epilogue(scale, bias, newActivation, residual, residualScale);
  }

  /**
   * Adds a residual of the output's shape at the end, given to {@link Gemm#run(Matrix, Matrix,
   * Matrix)}.
   */
  public Epilogue residual() {
    return residual(1);
  }

  /** Adds {@code beta} times a residual, product and sum rounded once. */
  public Epilogue residual(float beta) {
    return new Epilogue(scale, bias, activation, true, beta);
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

  /**
   * Finishes a block of sums into C.
   *
   * @param column first column of the block within the whole output: where its bias begins
   * @param x address of the sums, which change
   * @param stride bytes between their rows
   * @param from address of the block of the residual, or 0 for none; may be {@code c}
   * @param ldr bytes between rows of the residual
   * @param c address of the block of C; may be x
   * @param ldc bytes between rows of C
   */
  void finish(
      int rows,
      int columns,
      int column,
      long x,
      long stride,
      long from,
      long ldr,
      long c,
      long ldc) {
    boolean plain = scale == 1 && bias == null && activation == Activation.NONE;
    if (plain && x == c && from == 0) {
      return;
    }
    for (int r = 0; r < rows; r++) {
      finishRow(columns, column, x + r * stride, from == 0 ? 0 : from + r * ldr, c + r * ldc);
    }
  }

  private void finishRow(int count, int column, long x, long from, long c) {
    if (scale != 1) {
      RowMath.scale(scale, x, x, count);
    }
    if (bias != null) {
      RowMath.add(x, bias.address() + (long) column * Float.BYTES, x, count);
    }
    activation.row(x, x, count);
    if (from == 0) {
      if (x != c) {
        RowMath.copy(x, c, count);
      }
    } else if (residualScale == 1) {
      RowMath.add(x, from, c, count);
    } else {
      RowMath.addScaled(x, residualScale, from, c, count);
    }
  }
}
