package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.RmsNorm;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * A prepared normalisation of whichever kind the config asks for.
 *
 * @param operation its {@code run}
 * @param warm its {@code warmUp}
 */
record Normalization(BiConsumer<Matrix, Matrix> operation, BooleanSupplier warm) {
  /** Normalises each row of {@code x} into {@code out}, which may be {@code x}. */
  void run(Matrix x, Matrix out) {
    operation.accept(x, out);
  }

  boolean warmUp() {
    return warm.getAsBoolean();
  }

  /** Prepares the normalisation called {@code name}. */
  static Normalization prepare(Lanewise runtime, Weights weights, String name) {
    ModelConfig.Norm norm = weights.config().norm();
    Matrix gain = weights.matrix(Tensor.gain(name));
    float epsilon = (float) norm.epsilon();
    return switch (norm.type()) {
      case LAYER -> {
        Matrix shift = weights.matrix(Tensor.shift(name));
        LayerNorm layerNorm = LayerNorm.prepare(runtime, gain, shift, epsilon);
        yield new Normalization(layerNorm::run, layerNorm::warmUp);
      }
      case RMS -> {
        RmsNorm rmsNorm = RmsNorm.prepare(runtime, gain, epsilon);
        yield new Normalization(rmsNorm::run, rmsNorm::warmUp);
      }
    };
  }
}
