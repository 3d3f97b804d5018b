package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.simd.WideRows;

/**
 * What the decode kernel is prepared for.
 *
 * @param group query heads that share a key head
 * @param keyDim elements of a key and a query of one head
 * @param valueDim elements of a value and an output of one head
 * @param keyStorage how keys are stored
 * @param valueStorage how values are stored
 * @param scale factor of the scores, in base 2: log2(e) included
 */
public record DecodeShape(
    int group, int keyDim, int valueDim, Storage keyStorage, Storage valueStorage, float scale) {

  /** Bytes of a widened key or query row, whole vectors. */
  long keyBytes() {
    return widened(keyStorage, keyDim);
  }

  /** Bytes of a widened value or output row, whole vectors. */
  long valueBytes() {
    return widened(valueStorage, valueDim);
  }

  /**
   * Floats of one partial result of a query: what its weights are relative to, their sum, and the
   * unnormalised output.
   */
  public int partialFloats() {
    return 2 + valueDim;
  }

  private static long widened(Storage storage, int dim) {
    long floats =
        storage == Storage.F32
            ? (dim + Simd.LANES - 1L) / Simd.LANES * Simd.LANES
            : WideRows.planes(dim);
    return floats * Float.BYTES;
  }
}
