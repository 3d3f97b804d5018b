package io.github.lanewise.model.recurrent;

import io.github.lanewise.memory.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * The working memory of passes, and views of it: of every single step, and of the chunks of steps
 * whose gates are computed at once. Views are made when first asked for and kept, so that other
 * passes allocate nothing; there are a few for each step, whatever the lengths of the passes.
 */
final class LstmSteps {
  /** Steps whose gates are computed from their inputs at once: as many as stay in a cache. */
  static final int CHUNK = 256;

  private final int sequences;
  private final Half even;
  private final Half odd;
  private final Matrix gates;
  private final @Nullable Matrix[] chunkGates;
  private final @Nullable Matrix[] stepGates;

  /**
   * Views of some memory.
   *
   * @param a [maxSteps * sequences, dModel]: what even layers read and odd ones write
   * @param b the same the other way round
   * @param gates of a chunk
   */
  LstmSteps(Matrix a, Matrix b, Matrix gates, int sequences) {
    this.sequences = sequences;
    this.gates = gates;
    even = new Half(a, sequences);
    odd = new Half(b, sequences);
    int most = gates.rows() / sequences;
    chunkGates = new Matrix[most + 1];
    stepGates = new Matrix[most];
  }

  /** What a layer reads, or the layer before it has written: all steps. */
  Matrix inputs(int layer) {
    return half(layer).memory;
  }

  /** The inputs of the chunk that ends before step {@code end}. */
  Matrix inputs(int layer, int end) {
    return half(layer).chunkBefore(end);
  }

  /** What a layer makes of a step. */
  Matrix output(int layer, int step) {
    return half(layer + 1).step(step);
  }

  /** Gates of the first {@code steps} of a chunk. */
  Matrix gates(int steps) {
    Matrix view = chunkGates[steps];
    if (view == null) {
      view = gates.rowRange(0, steps * sequences);
      chunkGates[steps] = view;
    }
    return view;
  }

  /** Gates of one step of a chunk. */
  Matrix gatesOf(int step) {
    Matrix view = stepGates[step];
    if (view == null) {
      view = gates.rowRange(step * sequences, sequences);
      stepGates[step] = view;
    }
    return view;
  }

  private Half half(int layer) {
    return layer % 2 == 0 ? even : odd;
  }

  private static final class Half {
    private final Matrix memory;
    private final int sequences;
    private final @Nullable Matrix[] chunks;
    private final @Nullable Matrix[] steps;

    Half(Matrix memory, int sequences) {
      this.memory = memory;
      this.sequences = sequences;
      int most = memory.rows() / sequences;
      chunks = new Matrix[most + 1];
      steps = new Matrix[most];
    }

    Matrix chunkBefore(int end) {
      Matrix view = chunks[end];
      if (view == null) {
        int begin = (end - 1) / CHUNK * CHUNK;
        view = memory.rowRange(begin * sequences, (end - begin) * sequences);
        chunks[end] = view;
      }
      return view;
    }

    Matrix step(int index) {
      Matrix view = steps[index];
      if (view == null) {
        view = memory.rowRange(index * sequences, sequences);
        steps[index] = view;
      }
      return view;
    }
  }
}
