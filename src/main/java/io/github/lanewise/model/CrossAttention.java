package io.github.lanewise.model;

import static io.github.lanewise.model.PartTimes.Part.CROSS_ATTENTION;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionExtras;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import org.jspecify.annotations.Nullable;

/**
 * A decoder layer's look at the states of an encoder (Vaswani et al. 2017, section 3.2.3): queries
 * of the decoder's tokens, keys and values of the encoder's, which are computed once and kept.
 */
final class CrossAttention {
  private final int index;
  private final boolean normFirst;
  private final Normalization norm;
  private final Gemm query;
  private final Gemm keysAndValues;
  private final Attention attention;
  private final ResidualLinear output;

  CrossAttention(Lanewise runtime, Weights weights, int index) {
    ModelConfig config = weights.config();
    this.index = index;
    normFirst = config.norm().placement() != ModelConfig.Placement.POST;
    norm = Normalization.prepare(runtime, weights, Tensor.inLayer(index, Tensor.CROSS_NORM));
    query = Layer.linear(runtime, weights, index, Tensor.CROSS_QUERY, Epilogue.none());
    keysAndValues = Layer.linear(runtime, weights, index, Tensor.CROSS_KEYS, Epilogue.none());
    attention = Attention.prepare(runtime, AttentionConfig.crossSpec(config));
    output = new ResidualLinear(runtime, weights, index, Tensor.CROSS_OUTPUT, Tensor.CROSS_NORM);
  }

  /** Keeps the keys and values of {@code states}, [positions, dModel]. */
  void keep(Matrix states, SourceKeys kept) {
    keysAndValues.run(states, kept.both(index));
  }

  /**
   * Computes the branch in place on {@code a.x()}.
   *
   * @param trace where its weights go; null for nowhere
   */
  void forward(Activations a, SourceKeys kept, PartTimes times, @Nullable AttentionTrace trace) {
    query.run(Layer.normBefore(norm, a, normFirst, times), a.q());
    attention.run(a.q(), kept.keys(index), kept.values(index), a.heads());
    if (trace != null) {
      trace.record(index, attention, a.q(), kept.keys(index), AttentionExtras.none());
    }
    times.lap(CROSS_ATTENTION);
    output.run(a.heads(), a, times, CROSS_ATTENTION);
  }

  boolean warmUp() {
    return norm.warmUp()
        && query.warmUp()
        && keysAndValues.warmUp()
        && attention.warmUp()
        && output.warmUp();
  }
}
