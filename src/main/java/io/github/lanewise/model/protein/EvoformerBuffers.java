package io.github.lanewise.model.protein;

/** Working memory of one forward pass at a time: each algorithm's views of one slab. */
record EvoformerBuffers(
    GatedAttention.Buffers row,
    GatedAttention.Buffers column,
    Transition.Buffers msaTransition,
    OuterProductMean.Buffers outer,
    TriangleMultiplication.Buffers triangle,
    GatedAttention.Buffers starting,
    GatedAttention.Buffers ending,
    Transition.Buffers pairTransition) {

  static EvoformerBuffers of(EvoformerConfig config) {
    Slab slab = new Slab(EvoformerShapes.floats(config));
    EvoformerConfig.Widths w = config.widths();
    return new EvoformerBuffers(
        GatedAttention.Buffers.of(
            slab.restart(), EvoformerShapes.alongMsa(config, false), GatedAttention.Bias.PAIR),
        GatedAttention.Buffers.of(
            slab.restart(), EvoformerShapes.alongMsa(config, true), GatedAttention.Bias.NONE),
        Transition.Buffers.of(slab.restart(), config.msaRows(), w.msa(), w.transition()),
        OuterProductMean.Buffers.of(slab.restart(), config),
        TriangleMultiplication.Buffers.of(slab.restart(), config),
        GatedAttention.Buffers.of(
            slab.restart(), EvoformerShapes.triangle(config, false), GatedAttention.Bias.SELF),
        GatedAttention.Buffers.of(
            slab.restart(), EvoformerShapes.triangle(config, true), GatedAttention.Bias.SELF),
        Transition.Buffers.of(slab.restart(), config.pairRows(), w.pair(), w.transition()));
  }
}
