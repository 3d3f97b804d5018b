package io.github.lanewise.model.recurrent;

import io.github.lanewise.memory.Matrix;

/**
 * Views for passes of one number of steps: of the inputs and gates of some steps at a time, and of
 * every single step. Made at the first such pass and kept, so that others allocate nothing.
 *
 * @param first where the inputs of the pass go: [steps * sequences, dModel]
 * @param last where its outputs are then
 * @param layers what each layer reads and writes, one after the other
 */
record LstmSteps(Matrix first, Matrix last, Layer[] layers) {
  /** Steps whose gates are computed from their inputs at once: as many as stay in a cache. */
  static final int CHUNK = 256;

  /**
   * One layer's views.
   *
   * @param inputs of each chunk
   * @param gates of each chunk, in the same memory
   * @param stepGates of each step of a chunk
   * @param outputs of each step
   */
  record Layer(Matrix[] inputs, Matrix[] gates, Matrix[] stepGates, Matrix[] outputs) {}

  /**
   * Makes the views.
   *
   * @param a memory of inputs and of the outputs of every other layer
   * @param b memory of the other outputs
   * @param gates memory of a chunk's gates
   */
  static LstmSteps of(Matrix a, Matrix b, Matrix gates, int steps, int sequences, int layers) {
    Layer[] views = new Layer[layers];
    Matrix[] stepGates = cut(gates, Math.min(CHUNK, steps), sequences);
    for (int i = 0; i < layers; i++) {
      Matrix from = (i % 2 == 0 ? a : b).rowRange(0, steps * sequences);
      Matrix to = (i % 2 == 0 ? b : a).rowRange(0, steps * sequences);
      int chunks = Math.ceilDiv(steps, CHUNK);
      Matrix[] inputs = new Matrix[chunks];
      Matrix[] chunkGates = new Matrix[chunks];
      for (int chunk = 0; chunk < chunks; chunk++) {
        int begin = chunk * CHUNK * sequences;
        int count = Math.min(CHUNK * sequences, from.rows() - begin);
        inputs[chunk] = from.rowRange(begin, count);
        chunkGates[chunk] = gates.rowRange(0, count);
      }
      views[i] = new Layer(inputs, chunkGates, stepGates, cut(to, steps, sequences));
    }
    int rows = steps * sequences;
    return new LstmSteps(a.rowRange(0, rows), (layers % 2 == 0 ? a : b).rowRange(0, rows), views);
  }

  private static Matrix[] cut(Matrix matrix, int count, int rows) {
    Matrix[] parts = new Matrix[count];
    for (int i = 0; i < count; i++) {
      parts[i] = matrix.rowRange(i * rows, rows);
    }
    return parts;
  }
}
