package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Accumulate;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import org.jspecify.annotations.Nullable;

/**
 * The linear layer at the end of attention or of the feed-forward network, and its way back into
 * the residual stream: x + f, norm(x + f) or x + norm(f), as the norms are placed.
 */
final class ResidualLinear {
  private final Gemm gemm;
  private final @Nullable Normalization sumNorm;
  private final @Nullable Normalization ownNorm;
  private final Accumulate accumulate;

  /**
   * @param part name of the linear layer in layer {@code index}
   * @param norm name of the norm beside it
   */
  ResidualLinear(Lanewise runtime, Weights weights, int index, String part, String norm) {
    ModelConfig.Placement placement = weights.config().norm().placement();
    boolean sandwich = placement == ModelConfig.Placement.SANDWICH;
    Epilogue none = Epilogue.none();
    gemm = Layer.linear(runtime, weights, index, part, sandwich ? none : none.residual());
    sumNorm =
        placement == ModelConfig.Placement.POST
            ? Normalization.prepare(runtime, weights, Tensor.inLayer(index, norm))
            : null;
    ownNorm =
        sandwich
            ? Normalization.prepare(runtime, weights, Tensor.inLayer(index, Tensor.after(norm)))
            : null;
    accumulate = Accumulate.prepare(runtime);
  }

  /** From {@code input} into {@code a.x()}; the product's time counts as {@code part}. */
  void run(Matrix input, Activations a, PartTimes times, PartTimes.Part part) {
    Matrix x = a.x();
    if (ownNorm != null) {
      Matrix own = a.normed();
      gemm.run(input, own);
      times.lap(part);
      ownNorm.run(own, own);
      accumulate.run(own, x);
      times.lap(PartTimes.Part.NORMS);
      return;
    }
    gemm.run(input, x, x);
    times.lap(part);
    if (sumNorm != null) {
      sumNorm.run(x, x);
      times.lap(PartTimes.Part.NORMS);
    }
  }

  boolean warmUp() {
    return gemm.warmUp()
        && (sumNorm == null || sumNorm.warmUp())
        && (ownNorm == null || (ownNorm.warmUp() && accumulate.warmUp()));
  }
}
