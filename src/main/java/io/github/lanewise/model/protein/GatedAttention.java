package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionExtras;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.GatedActivation;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.SwapAxes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gated attention along one axis of a representation: algorithms 7 and 8 along the rows and columns
 * of the MSA, 13 and 14 around the starting and the ending node of a pair. Along a second axis it
 * is attention along the first of the tensor with its axes exchanged; so is its bias, since what
 * the ending node adds for (j, k), b_ki, is what the exchanged tensor has there.
 */
final class GatedAttention {
  private final LayerNorm norm;
  private final Gemm qkv;
  private final Gemm gate;
  private final @Nullable LayerNorm biasNorm;
  private final @Nullable Matrix bias;
  private final MatMul biasProduct;
  private final Attention attention;
  private final GatedActivation openGate;
  private final Gemm output;
  private final SwapAxes swap;

  /** Where the bias of the scores comes from. */
  enum Bias {
    /** There is none (algorithm 8). */
    NONE,
    /** The pair representation, with a norm of its own (algorithm 7). */
    PAIR,
    /** The tensor itself (algorithms 13 and 14). */
    SELF
  }

  GatedAttention(Parts parts, int heads, int headDim, Bias kind) {
    norm = parts.norm("norm");
    qkv = parts.plain("qkv");
    gate = parts.linear("gate");
    biasNorm = kind == Bias.PAIR ? parts.norm("biasNorm") : null;
    bias = kind == Bias.NONE ? null : parts.table("bias");
    biasProduct = MatMul.prepare(parts.runtime());
    attention = Attention.prepare(parts.runtime(), AttentionSpec.of(heads, heads, headDim, false));
    openGate = GatedActivation.prepare(parts.runtime(), Activation.SIGMOID);
    output = parts.residual("output");
    swap = SwapAxes.prepare(parts.runtime());
  }

  /**
   * The shape of one use.
   *
   * @param first length of the first axis
   * @param second length of the second axis
   * @param width of a row
   * @param heads of the attention
   * @param headDim floats of a head
   * @param swapped whether attention runs along the first axis instead of the second
   * @param biasWidth width of the rows that the bias comes from; 0 without one
   */
  record Shape(
      int first, int second, int width, int heads, int headDim, boolean swapped, int biasWidth) {
    long rows() {
      return (long) first * second;
    }

    int headsWidth() {
      return heads * headDim;
    }

    int sequences() {
      return swapped ? second : first;
    }

    int length() {
      return swapped ? first : second;
    }

    long pairs() {
      return (long) length() * length();
    }
  }

  /** Working memory. */
  record Buffers(
      int first,
      int second,
      Matrix normed,
      @Nullable Matrix swapped,
      @Nullable Matrix back,
      Matrix qkv,
      Matrix q,
      Matrix k,
      Matrix v,
      Matrix gated,
      Matrix gate,
      Matrix attended,
      Matrix heads,
      @Nullable Matrix pairNormed,
      @Nullable Matrix bias,
      AttentionExtras extras,
      int[] offsets) {

    static Buffers of(Slab slab, Shape s, Bias kind) {
      int rows = Math.toIntExact(s.rows());
      int wide = s.headsWidth();
      Matrix normed = slab.take(rows, s.width());
      Matrix swapped = slab.take(s.swapped() ? rows : 0, Math.max(s.width(), wide));
      Matrix qkv = slab.take(rows, 3 * wide);
      Matrix gated = slab.take(rows, 2 * wide);
      Matrix heads = slab.take(rows, wide);
      int pairs = Math.toIntExact(s.pairs());
      Matrix bias = kind == Bias.NONE ? null : slab.take(s.heads(), pairs);
      int[] offsets = new int[s.sequences() + 1];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = i * s.length();
      }
      return new Buffers(
          s.first(),
          s.second(),
          normed,
          s.swapped() ? view(swapped, s.width()) : null,
          s.swapped() ? view(swapped, wide) : null,
          qkv,
          qkv.columnRange(0, wide),
          qkv.columnRange(wide, wide),
          qkv.columnRange(2 * wide, wide),
          gated,
          gated.columnRange(0, wide),
          gated.columnRange(wide, wide),
          heads,
          kind == Bias.PAIR ? slab.take(pairs, s.biasWidth()) : null,
          bias,
          bias == null ? AttentionExtras.none() : AttentionExtras.none().pairBias(ofPairs(bias, s)),
          offsets);
    }

    /**
     * The same memory as rows of another width: those that come back share it with those before.
     */
    private static Matrix view(Matrix memory, int width) {
      return Matrix.of(memory.segment(), memory.offset(), memory.rows(), width, width);
    }

    /** A row for each head and query. */
    private static Matrix ofPairs(Matrix bias, Shape s) {
      return Matrix.of(
          bias.segment(), bias.offset(), s.heads() * s.length(), s.length(), s.length());
    }

    static long floats(Shape s, Bias kind) {
      int wide = s.headsWidth();
      return Slab.floats(s.rows(), s.width())
          + (s.swapped() ? Slab.floats(s.rows(), Math.max(s.width(), wide)) : 0)
          + Slab.floats(s.rows(), 3L * wide)
          + Slab.floats(s.rows(), 2L * wide)
          + Slab.floats(s.rows(), wide)
          + (kind == Bias.NONE ? 0 : Slab.floats(s.heads(), s.pairs()))
          + (kind == Bias.PAIR ? Slab.floats(s.pairs(), s.biasWidth()) : 0);
    }
  }

  static List<Tensor> tensors(String prefix, Shape s, Bias kind) {
    int wide = s.headsWidth();
    Parts.Names names =
        new Parts.Names(prefix)
            .norm("norm", s.width())
            .plain("qkv", 3 * wide, s.width())
            .linear("gate", wide, s.width())
            .linear("output", s.width(), wide);
    if (kind == Bias.PAIR) {
      names.norm("biasNorm", s.biasWidth());
    }
    if (kind != Bias.NONE) {
      names.table("bias", s.heads(), s.biasWidth());
    }
    return names.tensors();
  }

  /**
   * x += attention along an axis of x.
   *
   * @param pair the pair representation, which only algorithm 7 reads
   */
  void forward(Matrix x, Matrix pair, Buffers b) {
    norm.run(x, b.normed);
    Matrix rows = sequences(b.normed, b);
    qkv.run(rows, b.qkv);
    gate.run(rows, b.gate);
    bias(rows, pair, b);
    attention.run(b.q, b.k, b.v, b.attended, b.offsets, b.offsets, b.extras);
    openGate.run(b.gated, b.heads);
    output.run(back(b.heads, b), x, x);
  }

  /** A row for each head, of the biases of all pairs. */
  private void bias(Matrix rows, Matrix pair, Buffers b) {
    if (bias == null || b.bias == null) {
      return;
    }
    if (biasNorm == null || b.pairNormed == null) {
      biasProduct.run(bias, rows, b.bias);
      return;
    }
    biasNorm.run(pair, b.pairNormed);
    biasProduct.run(bias, b.pairNormed, b.bias);
  }

  private Matrix sequences(Matrix rows, Buffers b) {
    if (b.swapped == null) {
      return rows;
    }
    Matrix swapped = b.swapped;
    swap.run(rows, b.first, swapped);
    return swapped;
  }

  private Matrix back(Matrix heads, Buffers b) {
    if (b.back == null) {
      return heads;
    }
    Matrix back = b.back;
    swap.run(heads, b.second, back);
    return back;
  }

  boolean warmUp() {
    return norm.warmUp()
        && qkv.warmUp()
        && gate.warmUp()
        && biasProduct.warmUp()
        && attention.warmUp()
        && openGate.warmUp()
        && output.warmUp()
        && swap.warmUp();
  }
}
