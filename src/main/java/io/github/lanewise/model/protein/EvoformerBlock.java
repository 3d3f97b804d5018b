package io.github.lanewise.model.protein;

import static io.github.lanewise.model.protein.EvoformerPart.MSA_COLUMN_ATTENTION;
import static io.github.lanewise.model.protein.EvoformerPart.MSA_ROW_ATTENTION;
import static io.github.lanewise.model.protein.EvoformerPart.MSA_TRANSITION;
import static io.github.lanewise.model.protein.EvoformerPart.OUTER_PRODUCT_MEAN;
import static io.github.lanewise.model.protein.EvoformerPart.PAIR_TRANSITION;
import static io.github.lanewise.model.protein.EvoformerPart.TRIANGLE_ENDING;
import static io.github.lanewise.model.protein.EvoformerPart.TRIANGLE_INCOMING;
import static io.github.lanewise.model.protein.EvoformerPart.TRIANGLE_OUTGOING;
import static io.github.lanewise.model.protein.EvoformerPart.TRIANGLE_STARTING;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Lanewise;

/** One block of the stack: the body of algorithm 6. */
final class EvoformerBlock {
  private final GatedAttention row;
  private final GatedAttention column;
  private final Transition msaTransition;
  private final OuterProductMean outerProductMean;
  private final TriangleMultiplication outgoing;
  private final TriangleMultiplication incoming;
  private final GatedAttention starting;
  private final GatedAttention ending;
  private final Transition pairTransition;

  EvoformerBlock(Lanewise runtime, TensorStore store, EvoformerConfig config, int index) {
    String block = EvoformerShapes.block(index);
    row = attention(runtime, store, config, block + EvoformerShapes.ROW, GatedAttention.Bias.PAIR);
    column =
        attention(runtime, store, config, block + EvoformerShapes.COLUMN, GatedAttention.Bias.NONE);
    starting =
        attention(
            runtime, store, config, block + EvoformerShapes.STARTING, GatedAttention.Bias.SELF);
    ending =
        attention(runtime, store, config, block + EvoformerShapes.ENDING, GatedAttention.Bias.SELF);
    double epsilon = config.epsilon();
    msaTransition =
        new Transition(new Parts(runtime, store, epsilon, block + EvoformerShapes.MSA_TRANSITION));
    pairTransition =
        new Transition(new Parts(runtime, store, epsilon, block + EvoformerShapes.PAIR_TRANSITION));
    outerProductMean =
        new OuterProductMean(
            new Parts(runtime, store, epsilon, block + EvoformerShapes.OUTER), config);
    outgoing =
        new TriangleMultiplication(
            new Parts(runtime, store, epsilon, block + EvoformerShapes.OUTGOING), true);
    incoming =
        new TriangleMultiplication(
            new Parts(runtime, store, epsilon, block + EvoformerShapes.INCOMING), false);
  }

  private static GatedAttention attention(
      Lanewise runtime,
      TensorStore store,
      EvoformerConfig config,
      String prefix,
      GatedAttention.Bias bias) {
    boolean alongMsa =
        prefix.endsWith(EvoformerShapes.ROW) || prefix.endsWith(EvoformerShapes.COLUMN);
    return new GatedAttention(
        new Parts(runtime, store, config.epsilon(), prefix),
        alongMsa ? config.msaHeads() : config.pairHeads(),
        config.headDim(),
        bias);
  }

  /** Dropout is for training and left out. */
  void forward(EvoformerState state, EvoformerBuffers b, PartTimes times) {
    Matrix m = state.msa();
    Matrix z = state.pair();

    row.forward(m, z, b.row());
    times.lap(MSA_ROW_ATTENTION);
    column.forward(m, z, b.column());
    times.lap(MSA_COLUMN_ATTENTION);
    msaTransition.forward(m, b.msaTransition());
    times.lap(MSA_TRANSITION);

    outerProductMean.forward(m, state.pairChunks(), b.outer());
    times.lap(OUTER_PRODUCT_MEAN);

    outgoing.forward(z, b.triangle());
    times.lap(TRIANGLE_OUTGOING);
    incoming.forward(z, b.triangle());
    times.lap(TRIANGLE_INCOMING);
    starting.forward(z, z, b.starting());
    times.lap(TRIANGLE_STARTING);
    ending.forward(z, z, b.ending());
    times.lap(TRIANGLE_ENDING);
    pairTransition.forward(z, b.pairTransition());
    times.lap(PAIR_TRANSITION);
  }

  /** Each operation once: what differs in its weights only is compiled with it. */
  boolean warmUp() {
    return row.warmUp()
        && msaTransition.warmUp()
        && outerProductMean.warmUp()
        && outgoing.warmUp()
        && incoming.warmUp();
  }
}
