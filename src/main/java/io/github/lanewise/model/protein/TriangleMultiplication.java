package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.BatchedMatMul;
import io.github.lanewise.op.GatedActivation;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.Transpose;
import java.util.List;

/**
 * Algorithms 11 and 12: the edge (i, j) from the two others of each triangle. In each channel the
 * sum over the third node is a product of square matrices, A·Bᵀ of the outgoing edges and Aᵀ·B of
 * the incoming ones; so the channels are laid apart for it, and together again.
 */
final class TriangleMultiplication {
  private final LayerNorm norm;
  private final Gemm project;
  private final GatedActivation gateFactors;
  private final Transpose transpose;
  private final BatchedMatMul product;
  private final LayerNorm productNorm;
  private final Gemm output;
  private final Gemm gate;
  private final GatedActivation addGated;

  TriangleMultiplication(Parts parts, boolean outgoing) {
    norm = parts.norm("norm");
    project = parts.linear("factors");
    gateFactors = GatedActivation.prepare(parts.runtime(), Activation.SIGMOID);
    transpose = Transpose.prepare(parts.runtime());
    MatMul.Form form = outgoing ? MatMul.Form.A_BT : MatMul.Form.AT_B;
    product = BatchedMatMul.prepare(parts.runtime(), MatMul.Spec.of(form));
    productNorm = parts.norm("productNorm");
    output = parts.linear("output");
    gate = parts.linear("gate");
    addGated = GatedActivation.prepareResidual(parts.runtime(), Activation.SIGMOID);
  }

  /**
   * Working memory; n is the number of pairs, c of channels.
   *
   * @param normed [n, c_z]
   * @param gatedFactors [n, 4c]: the gates of a and b, then a and b
   * @param factors [n, 2c]: a and b
   * @param channels [2c, n]: the same, a channel a row
   * @param a c matrices of residues · residues
   * @param b c matrices of residues · residues
   * @param products c matrices of residues · residues
   * @param productChannels the same memory, a channel a row
   * @param product [n, c]: the same, a pair a row
   * @param gated [n, 2 c_z]: gate, and what it lets through
   * @param gate its first columns
   * @param update its last columns
   */
  record Buffers(
      Matrix normed,
      Matrix gatedFactors,
      Matrix factors,
      Matrix channels,
      MatrixStack a,
      MatrixStack b,
      MatrixStack products,
      Matrix productChannels,
      Matrix product,
      Matrix gated,
      Matrix gate,
      Matrix update) {

    static Buffers of(Slab slab, EvoformerConfig config) {
      int n = config.pairRows();
      int r = config.residues();
      int c = config.widths().triangle();
      int width = config.widths().pair();
      Matrix normed = slab.take(n, width);
      Matrix gatedFactors = slab.take(n, 4 * c);
      Matrix factors = slab.take(n, 2 * c);
      Matrix channels = slab.take(2 * c, n);
      Matrix products = slab.take(c, n);
      Matrix squares = squares(channels, 2 * c, r);
      Matrix gated = slab.take(n, 2 * width);
      return new Buffers(
          normed,
          gatedFactors,
          factors,
          channels,
          MatrixStack.of(squares.rowRange(0, c * r), c),
          MatrixStack.of(squares.rowRange(c * r, c * r), c),
          MatrixStack.of(squares(products, c, r), c),
          products,
          slab.take(n, c),
          gated,
          gated.columnRange(0, width),
          gated.columnRange(width, width));
    }

    private static Matrix squares(Matrix channels, int count, int r) {
      return Matrix.of(channels.segment(), channels.offset(), count * r, r, r);
    }

    static long floats(EvoformerConfig config) {
      long n = config.pairRows();
      int c = config.widths().triangle();
      int width = config.widths().pair();
      return Slab.floats(n, width)
          + Slab.floats(n, 4L * c)
          + 2 * Slab.floats(n, 2L * c)
          + 2 * Slab.floats(n, c)
          + Slab.floats(n, 2L * width);
    }
  }

  static List<Tensor> tensors(String prefix, EvoformerConfig config) {
    int c = config.widths().triangle();
    int width = config.widths().pair();
    return new Parts.Names(prefix)
        .norm("norm", width)
        .linear("factors", 4 * c, width)
        .norm("productNorm", c)
        .linear("output", width, c)
        .linear("gate", width, width)
        .tensors();
  }

  /** z_ij += gate ⊙ Linear(LayerNorm(Σ_k a_ik ⊙ b_jk)), or of a_ki and b_kj. */
  void forward(Matrix pair, Buffers b) {
    norm.run(pair, b.normed);
    project.run(b.normed, b.gatedFactors);
    gateFactors.run(b.gatedFactors, b.factors);
    transpose.run(b.factors, b.channels);
    product.run(b.a, b.b, b.products);
    transpose.run(b.productChannels, b.product);
    productNorm.run(b.product, b.product);
    output.run(b.product, b.update);
    gate.run(b.normed, b.gate);
    addGated.run(b.gated, pair);
  }

  /** Beyond what attention does. */
  boolean warmUp() {
    return transpose.warmUp() && product.warmUp() && addGated.warmUp();
  }
}
