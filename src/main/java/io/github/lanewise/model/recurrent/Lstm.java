package io.github.lanewise.model.recurrent;

import static io.github.lanewise.model.ConfigChecks.between;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.MemoryPlan;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LstmCell;
import io.github.lanewise.parallel.Pool;
import java.lang.foreign.Arena;

/**
 * A stack of LSTM layers (Hochreiter and Schmidhuber 1997): from vectors to one hidden state each,
 * step by step. The gates are those of PyTorch and cuDNN, i, f, g, o:
 *
 * <pre>
 *   i, f, o = σ(W·x + U·h + b),  g = tanh(W·x + U·h + b),  c = f·c + i·g,  h = o·tanh(c)
 * </pre>
 *
 * <p>W·x of all steps is one product, U·h one a step, which waits for the step before: the threads
 * share it, but the steps follow each other whatever their number.
 *
 * <p>A sequence has the same bits alone or in a batch, in one pass or several, with any number of
 * threads. Immutable; any number of threads may run forward passes at once, each with a state of
 * its own. A repeated pass allocates nothing on the heap.
 */
public final class Lstm {
  private final LstmWeights weights;
  private final int sequences;
  private final int maxSteps;
  private final LstmLayer[] layers;
  private final Pool<Workspace> workspaces = new Pool<>(Workspace::new);

  private Lstm(Lanewise runtime, LstmWeights weights, int sequences, int maxSteps) {
    this.weights = weights;
    this.sequences = sequences;
    this.maxSteps = maxSteps;
    layers = new LstmLayer[weights.config().layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new LstmLayer(runtime, weights.tensors(), i);
    }
  }

  /**
   * Prepares forward passes.
   *
   * @param weights must stay open as long as the model is used
   * @param sequences of a batch, all of one length
   * @param maxSteps most steps of one pass, at most the context window
   * @throws IllegalArgumentException if a number is not positive or too large
   */
  public static Lstm prepare(Lanewise runtime, LstmWeights weights, int sequences, int maxSteps) {
    between("sequences", sequences, 1 << 12);
    between("maxSteps", maxSteps, weights.config().contextWindow());
    return new Lstm(runtime, weights, sequences, maxSteps);
  }

  /** The architecture. */
  public RecurrentConfig config() {
    return weights.config();
  }

  /**
   * Has every operation compiled, so that the first forward pass takes no longer than the next; see
   * {@link io.github.lanewise.op}.
   *
   * @return whether all of them came to run compiled
   */
  public boolean warmUp() {
    weights.tensors().enter();
    try {
      return layers[0].warmUp();
    } finally {
      weights.tensors().exit();
    }
  }

  /**
   * Computes the hidden states of some steps of a batch.
   *
   * @param inputs [steps * sequences, dModel], rows end to end: the rows of a step beside each
   *     other, one for each sequence
   * @param state of the sequences before the first step; becomes that after the last
   * @param outputs of the last layer, of the same shape and order; may be {@code inputs}
   * @param times where the time of each part is added
   * @throws IllegalArgumentException if a shape is wrong
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public void forward(Matrix inputs, LstmState state, Matrix outputs, PartTimes times) {
    int steps = check(inputs, state, outputs);
    weights.tensors().enter();
    try {
      Workspace workspace = workspaces.take();
      try {
        times.start();
        LstmState.copy(inputs, workspace.steps.inputs(0));
        for (int i = 0; i < layers.length; i++) {
          layers[i].forward(workspace.steps, steps, state.layer(i), times);
          times.layerDone(i + 1, layers.length);
        }
        LstmState.copy(workspace.steps.inputs(layers.length), outputs);
      } finally {
        workspaces.give(workspace);
      }
    } finally {
      weights.tensors().exit();
    }
  }

  private int check(Matrix inputs, LstmState state, Matrix outputs) {
    int width = config().dModel();
    if (inputs.columns() != width
        || inputs.rowStride() != width
        || inputs.rows() < sequences
        || inputs.rows() % sequences != 0
        || inputs.rows() / sequences > maxSteps) {
      throw new IllegalArgumentException(
          "inputs is %s, must be [steps * %d, %d] with 1 to %d steps, rows end to end"
              .formatted(inputs, sequences, width, maxSteps));
    }
    if (outputs.rows() != inputs.rows()
        || outputs.columns() != width
        || outputs.rowStride() != width) {
      throw new IllegalArgumentException(
          "outputs is %s, must be [%d, %d], rows end to end"
              .formatted(outputs, inputs.rows(), width));
    }
    if (state.layers() != layers.length
        || state.hidden(0).rows() != sequences
        || state.hidden(0).columns() != width) {
      throw new IllegalArgumentException(
          "state is of %d layers and %s, must be of %d layers and [%d, %d]"
              .formatted(state.layers(), state.hidden(0), layers.length, sequences, width));
    }
    return inputs.rows() / sequences;
  }

  /**
   * Floating point operations of the products of one pass; a multiply-add counts as two.
   *
   * @param rows steps times sequences
   */
  public static long flops(RecurrentConfig config, long rows) {
    return 2L * 2 * LstmCell.GATES * config.dModel() * config.dModel() * config.layers() * rows;
  }

  /** The memory that passes of up to {@code steps} steps of {@code sequences} sequences take. */
  public static MemoryPlan plan(RecurrentConfig config, int threads, int sequences, int steps) {
    long rows = (long) sequences * steps;
    long chunk = (long) sequences * Math.min(steps, LstmSteps.CHUNK);
    long floats = (2 * rows + LstmCell.GATES * chunk) * config.dModel();
    long state = 2L * config.layers() * sequences * config.dModel() * Float.BYTES;
    var tensors = LstmWeights.tensors(config);
    return new MemoryPlan(
        TensorStore.parameters(tensors),
        TensorStore.bytes(tensors),
        state,
        floats * Float.BYTES,
        threads * Gemm.scratchBytesPerThread((int) chunk));
  }

  /** Memory for one forward pass at a time; freed when no longer reachable. */
  private final class Workspace {
    private final LstmSteps steps =
        new LstmSteps(
            allocate(maxSteps, 1),
            allocate(maxSteps, 1),
            allocate(Math.min(maxSteps, LstmSteps.CHUNK), LstmCell.GATES),
            sequences);

    private Matrix allocate(int count, int widths) {
      return Matrix.allocate(Arena.ofAuto(), count * sequences, widths * config().dModel());
    }
  }
}
