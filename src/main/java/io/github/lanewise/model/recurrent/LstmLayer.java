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
  private final Gemm input;
  private final Gemm hidden;
  private final LstmCell cell;

  LstmLayer(Lanewise runtime, TensorStore weights, int index) {
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
   * @param state the layer's hidden and cell before the first step, and after the last
   */
  void forward(LstmSteps.Layer steps, LstmState.Layer state, PartTimes times) {
    Matrix previous = state.hidden();
    int step = 0;
    for (int chunk = 0; chunk < steps.inputs().length; chunk++) {
      input.run(steps.inputs()[chunk], steps.gates()[chunk]);
      times.lap(LstmPart.INPUT_GATES);
      for (int i = 0; i < LstmSteps.CHUNK && step < steps.outputs().length; i++, step++) {
        Matrix gates = steps.stepGates()[i];
        hidden.run(previous, gates, gates);
        times.lap(LstmPart.HIDDEN_GATES);
        previous = steps.outputs()[step];
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
