package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.RmsNorm;

/** A prepared normalisation of whichever kind the config asks for. */
@FunctionalInterface
interface Normalization {
  /** Normalises each row of {@code x} into {@code out}, which may be {@code x}. */
  void run(Matrix x, Matrix out);

  /** Prepares the normalisation called {@code name}. */
  static Normalization prepare(Lanewise runtime, Weights weights, String name) {
    ModelConfig.Norm norm = weights.config().norm();
    Matrix gain = weights.matrix(Tensor.gain(name));
    float epsilon = (float) norm.epsilon();
    return switch (norm.type()) {
      case LAYER ->
          LayerNorm.prepare(runtime, gain, weights.matrix(Tensor.shift(name)), epsilon)::run;
      case RMS -> RmsNorm.prepare(runtime, gain, epsilon)::run;
    };
  }
}
