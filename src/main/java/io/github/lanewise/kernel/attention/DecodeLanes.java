package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.WideRows;

/**
 * Moves queries into the rows of a decode kernel, in the order in which keys are widened, and its
 * outputs back into the order of the head dimension.
 */
final class DecodeLanes {
  private DecodeLanes() {}

  /**
   * Copies the queries of {@code lanes} lanes of each head, scaled and padded with zeros.
   *
   * @param q address of position 0 of the first head's group
   * @param ldq bytes from one position to the next
   */
  static void load(
      DecodeShape shape, long q, long ldq, int heads, int firstLane, int lanes, long queries) {
    int rows = heads * lanes;
    clear(queries, rows * shape.keyBytes());
    boolean planes = shape.keyStorage() != Storage.F32;
    long queryHead = (long) shape.keyDim() * Float.BYTES;
    for (int i = 0; i < rows; i++) {
      int lane = firstLane + i % lanes;
      int head = i / lanes * shape.group() + lane % shape.group();
      long source = q + lane / shape.group() * ldq + head * queryHead;
      long target = queries + i * shape.keyBytes();
      for (int e = 0; e < shape.keyDim(); e++) {
        float x = MEMORY.get(FLOAT, source + (long) e * Float.BYTES);
        MEMORY.set(FLOAT, target + place(planes, e), x * shape.scale());
      }
    }
  }

  /** Writes maximum, sum and output of each row, partial results one behind the other. */
  static void store(DecodeShape shape, long outputs, long states, int rows, long partial) {
    boolean planes = shape.valueStorage() != Storage.F32;
    for (int i = 0; i < rows; i++) {
      long state = states + i * DecodeSoftmax.STATE_BYTES;
      long source = outputs + i * shape.valueBytes();
      long target = partial + i * DecodeChunk.partialBytes(shape);
      MEMORY.set(FLOAT, target, MEMORY.get(FLOAT, state + DecodeSoftmax.MAX));
      MEMORY.set(FLOAT, target + Float.BYTES, MEMORY.get(FLOAT, state + DecodeSoftmax.SUM));
      for (int e = 0; e < shape.valueDim(); e++) {
        float x = MEMORY.get(FLOAT, source + place(planes, e));
        MEMORY.set(FLOAT, target + (2L + e) * Float.BYTES, x);
      }
    }
  }

  /** Writes zeros. */
  static void clear(long address, long bytes) {
    for (long at = 0; at < bytes; at += Float.BYTES) {
      MEMORY.set(FLOAT, address + at, 0f);
    }
  }

  private static long place(boolean planes, int element) {
    return (long) (planes ? WideRows.plane(element) : element) * Float.BYTES;
  }
}
