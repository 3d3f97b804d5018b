package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.Tensor;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.SwapAxes;
import java.util.List;

/**
 * Algorithm 10: what two residues have in common over the alignment. The mean of the outer products
 * is one product over its sequences, [residues · c, msa] by [msa, residues · c], made for a few
 * residues at a time since all of it would be c² times as large as a channel of pairs.
 */
final class OuterProductMean {
  /** Floats of outer products at a time: 16 MiB. */
  private static final long CHUNK_FLOATS = 1 << 22;

  private final LayerNorm norm;
  private final Gemm left;
  private final Gemm right;
  private final MatMul outer;
  private final SwapAxes swap;
  private final Gemm output;
  private final int width;

  OuterProductMean(Parts parts, EvoformerConfig config) {
    norm = parts.norm("norm");
    left = parts.linear("left");
    right = parts.linear("right");
    outer =
        MatMul.prepare(parts.runtime(), MatMul.Spec.of(MatMul.Form.AT_B).alpha(1f / config.msa()));
    swap = SwapAxes.prepare(parts.runtime());
    output = parts.residual("output");
    width = config.widths().outer();
  }

  /** Residues i whose pairs (i, j) are computed at once. */
  static int chunk(EvoformerConfig config) {
    long floats = (long) config.widths().outer() * config.widths().outer() * config.residues();
    return Math.clamp(CHUNK_FLOATS / floats, 1, config.residues());
  }

  /**
   * Working memory.
   *
   * @param normed [msa · residues, c_m]
   * @param left [msa · residues, c]
   * @param right [msa · residues, c]
   * @param chunks of residues, one after the other
   * @param rightBySequence {@code right} as [msa, residues · c]
   */
  record Buffers(Matrix normed, Matrix left, Matrix right, Matrix rightBySequence, Chunk[] chunks) {
    /**
     * Views for some residues i.
     *
     * @param count of these residues
     * @param left their columns, [msa, count · c]
     * @param products [count · c, residues · c]
     * @param rows the same memory as rows of c floats: [i, x, j] of y
     * @param swapped [i, j, x] of y
     * @param features the same memory as a row for each pair: [count · residues, c²]
     */
    record Chunk(
        int count, Matrix left, Matrix products, Matrix rows, Matrix swapped, Matrix features) {}

    static Buffers of(Slab slab, EvoformerConfig config) {
      int c = config.widths().outer();
      int r = config.residues();
      int most = chunk(config);
      Matrix normed = slab.take(config.msaRows(), config.widths().msa());
      Matrix left = slab.take(config.msaRows(), c);
      Matrix right = slab.take(config.msaRows(), c);
      Matrix products = slab.take(most * c, r * c);
      Matrix swapped = slab.take(most * c, r * c);
      Matrix leftBySequence = reshape(left, config.msa(), r * c);
      Chunk[] chunks = new Chunk[Math.ceilDiv(r, most)];
      for (int i = 0; i < chunks.length; i++) {
        int count = Math.min(most, r - i * most);
        chunks[i] =
            new Chunk(
                count,
                leftBySequence.columnRange(i * most * c, count * c),
                products.rowRange(0, count * c),
                reshape(products, count * c * r, c),
                reshape(swapped, count * c * r, c),
                reshape(swapped, count * r, c * c));
      }
      return new Buffers(normed, left, right, reshape(right, config.msa(), r * c), chunks);
    }

    private static Matrix reshape(Matrix memory, int rows, int columns) {
      return Matrix.of(memory.segment(), memory.offset(), rows, columns, columns);
    }

    static long floats(EvoformerConfig config) {
      long c = config.widths().outer();
      long rows = config.msaRows();
      return Slab.floats(rows, config.widths().msa())
          + 2 * Slab.floats(rows, c)
          + 2 * Slab.floats(chunk(config) * c, config.residues() * c);
    }
  }

  static List<Tensor> tensors(String prefix, EvoformerConfig config) {
    int c = config.widths().outer();
    return new Parts.Names(prefix)
        .norm("norm", config.widths().msa())
        .linear("left", c, config.widths().msa())
        .linear("right", c, config.widths().msa())
        .linear("output", config.widths().pair(), c * c)
        .tensors();
  }

  /**
   * z_ij += Linear(flatten(mean over s of a_si ⊗ b_sj)).
   *
   * @param pairs the rows of the pair representation that each chunk adds to
   */
  void forward(Matrix msa, Matrix[] pairs, Buffers b) {
    norm.run(msa, b.normed);
    left.run(b.normed, b.left);
    right.run(b.normed, b.right);
    for (int i = 0; i < b.chunks.length; i++) {
      Buffers.Chunk chunk = b.chunks[i];
      outer.run(chunk.left, b.rightBySequence, chunk.products);
      swap.run(chunk.rows, chunk.count, width, chunk.swapped);
      output.run(chunk.features, pairs[i], pairs[i]);
    }
  }

  /** Beyond what attention does. */
  boolean warmUp() {
    return outer.warmUp();
  }
}
