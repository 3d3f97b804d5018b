package io.github.lanewise.model.protein;

/** Multiplications and additions of the products of an Evoformer; see {@link Evoformer#flops}. */
final class EvoformerCost {
  private EvoformerCost() {}

  static long flops(EvoformerConfig config) {
    EvoformerConfig.Widths w = config.widths();
    long m = config.msaRows();
    long z = config.pairRows();
    long attention =
        attention(EvoformerShapes.alongMsa(config, false), z)
            + attention(EvoformerShapes.alongMsa(config, true), 0)
            + attention(EvoformerShapes.triangle(config, false), z)
            + attention(EvoformerShapes.triangle(config, true), z);
    long transitions = 2L * w.transition() * (m * w.msa() * w.msa() + z * w.pair() * w.pair());
    long outer =
        m * 2 * w.outer() * w.msa() + z * w.outer() * w.outer() * (config.msa() + w.pair());
    long triangle =
        z * (4L * w.triangle() * w.pair() + (long) w.triangle() * w.pair())
            + z * w.pair() * w.pair()
            + z * config.residues() * w.triangle();
    return 2L * config.layers() * (attention + transitions + outer + 2 * triangle);
  }

  /** Projections to q, k, v, gate and output; scores and sums of values; biases of some rows. */
  private static long attention(GatedAttention.Shape s, long biasRows) {
    return s.rows() * s.width() * 5 * s.headsWidth()
        + 2L * s.sequences() * s.pairs() * s.headsWidth()
        + biasRows * s.biasWidth() * s.heads();
  }
}
