package io.github.lanewise.op;

import io.github.lanewise.kernel.activation.Gelu;
import io.github.lanewise.kernel.activation.GeluTanh;
import io.github.lanewise.kernel.activation.HyperbolicTangent;
import io.github.lanewise.kernel.activation.Relu;
import io.github.lanewise.kernel.activation.Sigmoid;
import io.github.lanewise.kernel.activation.Silu;
import io.github.lanewise.simd.RowMath;

/** Elementwise activation functions; their accuracy stands at each kernel. */
public enum Activation {
  /** x. */
  NONE,
  /** x·Φ(x), exact to a few units in the last place, the far negative tail included. */
  GELU,
  /** GELU's tanh approximation, as GPT-2 uses it. */
  GELU_TANH,
  /** x / (1 + e^(-x)), as Llama's gated feed-forward uses it. */
  SILU,
  /** max(x, 0). */
  RELU,
  /** 1 / (1 + e^(-x)), as AlphaFold gates its attention. */
  SIGMOID,
  /** tanh x, as an LSTM squashes its cell. */
  TANH;

  /** Applies the function to {@code n} contiguous floats at an address; out may be x. */
  void row(long x, long out, int n) {
    switch (this) {
      case NONE -> {
        if (x != out) {
          RowMath.copy(x, out, n);
        }
      }
      case GELU -> Gelu.row(x, out, n);
      case GELU_TANH -> GeluTanh.row(x, out, n);
      case SILU -> Silu.row(x, out, n);
      case RELU -> Relu.row(x, out, n);
      case SIGMOID -> Sigmoid.row(x, out, n);
      case TANH -> HyperbolicTangent.row(x, out, n);
    }
  }
}
