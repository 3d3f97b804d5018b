package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.RowMath;
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
    ScoreLanes.fill(queries, rows * shape.keyBytes(), 0f);
    long queryHead = (long) shape.keyDim() * Float.BYTES;
    for (int i = 0; i < rows; i++) {
      int lane = firstLane + i % lanes;
      int head = i / lanes * shape.group() + lane % shape.group();
      long source = q + lane / shape.group() * ldq + head * queryHead;
      long target = queries + i * shape.keyBytes();
      if (shape.keyStorage() == Storage.F32) {
        RowMath.scale(shape.scale(), source, target, shape.keyDim());
        continue;
      }
      for (int e = 0; e < shape.keyDim(); e++) {
        float x = MEMORY.get(FLOAT, source + (long) e * Float.BYTES);
        MEMORY.set(FLOAT, target + plane(e), x * shape.scale());
      }
    }
  }

  /**
   * Writes what the weights of each row are relative to, their sum, and the output: partial results
   * one behind the other.
   */
  static void store(
      DecodeShape shape, long outputs, DecodeSoftmax softmax, int rows, long partial) {
    for (int i = 0; i < rows; i++) {
      long source = outputs + i * shape.valueBytes();
      long target = partial + i * DecodeChunk.partialBytes(shape);
      long output = target + 2L * Float.BYTES;
      MEMORY.set(FLOAT, target, softmax.max(i));
      MEMORY.set(FLOAT, target + Float.BYTES, softmax.sum(i));
      if (shape.valueStorage() == Storage.F32) {
        RowMath.copy(source, output, shape.valueDim());
        continue;
      }
      for (int e = 0; e < shape.valueDim(); e++) {
        float x = MEMORY.get(FLOAT, source + plane(e));
        MEMORY.set(FLOAT, output + (long) e * Float.BYTES, x);
      }
    }
  }

  private static long plane(int element) {
    return (long) WideRows.plane(element) * Float.BYTES;
  }
}
