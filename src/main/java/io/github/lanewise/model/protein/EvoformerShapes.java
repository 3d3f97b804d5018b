package io.github.lanewise.model.protein;

import io.github.lanewise.model.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What the algorithms of a block are made of: shapes of attention, tensors, working memory. */
final class EvoformerShapes {
  static final String ROW = "msaRow.";
  static final String COLUMN = "msaColumn.";
  static final String MSA_TRANSITION = "msaTransition.";
  static final String OUTER = "outerProductMean.";
  static final String OUTGOING = "triangleOutgoing.";
  static final String INCOMING = "triangleIncoming.";
  static final String STARTING = "triangleStarting.";
  static final String ENDING = "triangleEnding.";
  static final String PAIR_TRANSITION = "pairTransition.";

  private EvoformerShapes() {}

  static String block(int index) {
    return "blocks." + index + ".";
  }

  /** Along the MSA: its rows, or its columns. */
  static GatedAttention.Shape alongMsa(EvoformerConfig c, boolean columns) {
    return new GatedAttention.Shape(
        c.msa(),
        c.residues(),
        c.widths().msa(),
        c.msaHeads(),
        c.headDim(),
        columns,
        columns ? 0 : c.widths().pair());
  }

  /** Around the starting node of a pair, or its ending node. */
  static GatedAttention.Shape triangle(EvoformerConfig c, boolean ending) {
    int width = c.widths().pair();
    return new GatedAttention.Shape(
        c.residues(), c.residues(), width, c.pairHeads(), c.headDim(), ending, width);
  }

  static List<Tensor> tensors(EvoformerConfig config) {
    List<Tensor> tensors = new ArrayList<>();
    EvoformerConfig.Widths widths = config.widths();
    for (int i = 0; i < config.layers(); i++) {
      String block = block(i);
      tensors.addAll(
          GatedAttention.tensors(block + ROW, alongMsa(config, false), GatedAttention.Bias.PAIR));
      tensors.addAll(
          GatedAttention.tensors(block + COLUMN, alongMsa(config, true), GatedAttention.Bias.NONE));
      tensors.addAll(Transition.tensors(block + MSA_TRANSITION, widths.msa(), widths.transition()));
      tensors.addAll(OuterProductMean.tensors(block + OUTER, config));
      tensors.addAll(TriangleMultiplication.tensors(block + OUTGOING, config));
      tensors.addAll(TriangleMultiplication.tensors(block + INCOMING, config));
      tensors.addAll(
          GatedAttention.tensors(
              block + STARTING, triangle(config, false), GatedAttention.Bias.SELF));
      tensors.addAll(
          GatedAttention.tensors(block + ENDING, triangle(config, true), GatedAttention.Bias.SELF));
      tensors.addAll(
          Transition.tensors(block + PAIR_TRANSITION, widths.pair(), widths.transition()));
    }
    return tensors;
  }

  /** Working memory: that of the algorithm that needs most, since they follow each other. */
  static long floats(EvoformerConfig config) {
    EvoformerConfig.Widths widths = config.widths();
    long most = OuterProductMean.Buffers.floats(config);
    most = Math.max(most, TriangleMultiplication.Buffers.floats(config));
    for (boolean second : new boolean[] {false, true}) {
      GatedAttention.Bias alongMsa = second ? GatedAttention.Bias.NONE : GatedAttention.Bias.PAIR;
      most = Math.max(most, GatedAttention.Buffers.floats(alongMsa(config, second), alongMsa));
      GatedAttention.Shape triangle = triangle(config, second);
      most = Math.max(most, GatedAttention.Buffers.floats(triangle, GatedAttention.Bias.SELF));
    }
    int factor = widths.transition();
    most = Math.max(most, Transition.Buffers.floats(config.msaRows(), widths.msa(), factor));
    return Math.max(most, Transition.Buffers.floats(config.pairRows(), widths.pair(), factor));
  }
}
