package io.github.lanewise.model.recurrent;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LstmCell;

/**
 * One LSTM layer with its gates fused: what the inputs bring is one product for many steps, and
 * only what the hidden state brings must wait for the step before.
 */
final class LstmLayer {
  private final int index;
  private final Gemm input;
  private final Gemm hidden;
  private final LstmCell cell;

  LstmLayer(Lanewise runtime, TensorStore weights, int index) {
    this.index = index;
    input =
        Gemm.prepare(
            runtime,
            weights.linear(LstmWeights.input(index)),
            Epilogue.none().bias(weights.matrix(LstmWeights.bias(index))));
    hidden =
        Gemm.prepare(
            runtime, weights.linear(LstmWeights.hidden(index)), Epilogue.none().residual());
    cell = LstmCell.prepare(runtime);
  }

  /**
   * Computes the steps of a pass.
   *
   * @param steps the working memory, which holds this layer's inputs
   * @param count steps of the pass
   * @param state the layer's hidden and cell before the first step, and after the last
   */
  void forward(LstmSteps steps, int count, LstmState.Layer state, PartTimes times) {
    Matrix previous = state.hidden();
    for (int begin = 0; begin < count; begin += LstmSteps.CHUNK) {
      int end = Math.min(count, begin + LstmSteps.CHUNK);
      input.run(steps.inputs(index, end), steps.gates(end - begin));
      times.lap(LstmPart.INPUT_GATES);
      for (int step = begin; step < end; step++) {
        Matrix gates = steps.gatesOf(step - begin);
        hidden.run(previous, gates, gates);
        times.lap(LstmPart.HIDDEN_GATES);
        previous = steps.output(index, step);
        cell.run(gates, state.cell(), previous);
        times.lap(LstmPart.CELL);
      }
    }
    LstmState.copy(previous, state.hidden());
  }

  boolean warmUp() {
    return input.warmUp() && hidden.warmUp() && cell.warmUp();
  }
}
