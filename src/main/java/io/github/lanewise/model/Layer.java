package io.github.lanewise.model;

import static io.github.lanewise.model.PartTimes.Part.ATTENTION;
import static io.github.lanewise.model.PartTimes.Part.FEED_FORWARD;
import static io.github.lanewise.model.PartTimes.Part.NORMS;
import static io.github.lanewise.model.PartTimes.Part.OUTPUT;
import static io.github.lanewise.model.PartTimes.Part.QKV;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.GatedActivation;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import org.jspecify.annotations.Nullable;

/**
 * One layer: attention, then a feed-forward network, each added to the residual stream {@code x}
 * and normalised before, after or both. In the decoder of an encoder-decoder it looks at the
 * encoder's states in between. Covers the blocks of GPT-2, Llama, BERT, Qwen 3, Gemma 3, T5 and
 * Whisper.
 */
final class Layer {
  private final int index;
  private final boolean normFirst;
  private final Normalization attentionNorm;
  private final Gemm qkv;
  private final @Nullable HeadNorms headNorms;
  private final @Nullable Rotation rotation;
  private final Attention attention;
  private final ResidualLinear output;
  private final @Nullable CrossAttention cross;
  private final Normalization feedForwardNorm;
  private final Gemm up;
  private final @Nullable GatedActivation gate;
  private final ResidualLinear down;

  Layer(Lanewise runtime, Weights weights, int index, @Nullable Rotation rotation) {
    ModelConfig config = weights.config();
    Activation function = config.activation().function();
    boolean gated = config.activation().gated();
    this.index = index;
    this.rotation = rotation;
    normFirst = config.norm().placement() != ModelConfig.Placement.POST;
    attentionNorm =
        Normalization.prepare(runtime, weights, Tensor.inLayer(index, Tensor.ATTENTION_NORM));
    qkv = linear(runtime, weights, index, "qkv", Epilogue.none());
    headNorms = HeadNorms.of(runtime, weights, index);
    attention = Attention.prepare(runtime, AttentionConfig.spec(config, index));
    output = new ResidualLinear(runtime, weights, index, "output", Tensor.ATTENTION_NORM);
    cross = config.attention().cross() ? new CrossAttention(runtime, weights, index) : null;
    feedForwardNorm =
        Normalization.prepare(runtime, weights, Tensor.inLayer(index, Tensor.FEED_FORWARD_NORM));
    Activation activation = gated ? Activation.NONE : function;
    up = linear(runtime, weights, index, "up", Epilogue.none().activation(activation));
    gate = gated ? GatedActivation.prepare(runtime, function) : null;
    down = new ResidualLinear(runtime, weights, index, "down", Tensor.FEED_FORWARD_NORM);
  }

  /**
   * Computes the layer in place on {@code a.x()}.
   *
   * @param offsets where each sequence begins among the tokens, and the number of tokens
   * @param cache where keys and values are appended and read; null when the tokens see each other
   *     only
   * @param trace where the attention weights of one sequence without a past go; null for nowhere
   */
  void forward(
      Activations a,
      int[] offsets,
      @Nullable KvCache cache,
      PartTimes times,
      @Nullable AttentionTrace trace) {
    qkv.run(normBefore(attentionNorm, a, normFirst, times), a.qkv());
    times.lap(QKV);
    normHeads(a, times);
    rotate(a, times);
    attend(a, offsets, cache);
    if (trace != null) {
      trace.record(index, attention, a.q(), a.k(), a.bias().extras());
    }
    times.lap(ATTENTION);
    output.run(a.heads(), a, times, OUTPUT);
    lookAcross(a, cache, times, trace == null ? null : trace.cross());

    up.run(normBefore(feedForwardNorm, a, normFirst, times), a.up());
    gate(a);
    down.run(a.hidden(), a, times, FEED_FORWARD);
  }

  /** Warms up the operations, up to the first that does not come to run compiled. */
  boolean warmUp() {
    return attentionNorm.warmUp()
        && qkv.warmUp()
        && (headNorms == null || headNorms.warmUp())
        && (rotation == null || rotation.warmUp())
        && attention.warmUp()
        && output.warmUp()
        && (cross == null || cross.warmUp())
        && feedForwardNorm.warmUp()
        && up.warmUp()
        && (gate == null || gate.warmUp())
        && down.warmUp();
  }

  /** What a branch reads: x, normalised if norms come first. */
  static Matrix normBefore(Normalization norm, Activations a, boolean normFirst, PartTimes times) {
    if (!normFirst) {
      return a.x();
    }
    norm.run(a.x(), a.normed());
    times.lap(NORMS);
    return a.normed();
  }

  private void normHeads(Activations a, PartTimes times) {
    if (headNorms != null) {
      headNorms.run(a, times);
    }
  }

  private void rotate(Activations a, PartTimes times) {
    if (rotation != null) {
      rotation.run(a, times);
    }
  }

  private void lookAcross(
      Activations a, @Nullable KvCache cache, PartTimes times, @Nullable AttentionTrace trace) {
    if (cross != null && cache != null) {
      cross.forward(a, cache.source(), times, trace);
    }
  }

  /** Keeps this layer's keys and values of an encoder's states. */
  void keep(Matrix states, SourceKeys kept) {
    if (cross != null) {
      cross.keep(states, kept);
    }
  }

  private void attend(Activations a, int[] offsets, @Nullable KvCache cache) {
    if (cache == null) {
      attention.run(a.q(), a.k(), a.v(), a.heads(), offsets, offsets, a.bias().extras());
      return;
    }
    cache.append(index, a.k(), a.v(), offsets);
    attention.run(a.q(), cache.view(index), a.heads(), offsets, a.bias().extras());
  }

  private void gate(Activations a) {
    if (gate != null) {
      gate.run(a.up(), a.hidden());
    }
  }

  /** A linear layer of layer {@code index}, with its bias if it has one. */
  static Gemm linear(Lanewise runtime, Weights weights, int index, String part, Epilogue epilogue) {
    String name = Tensor.inLayer(index, part);
    Matrix bias = weights.matrixOrNull(Tensor.bias(name));
    return Gemm.prepare(
        runtime,
        weights.linear(Tensor.weight(name)),
        bias == null ? epilogue : epilogue.bias(bias));
  }
}
