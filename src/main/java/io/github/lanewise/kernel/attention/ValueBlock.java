package io.github.lanewise.kernel.attention;

import static io.github.lanewise.kernel.gemm.Microkernel.COLUMN_STRIDE;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * A block of value rows in scratch, {@code COLUMN_STRIDE} bytes apart, as the column-major register
 * tile reads them.
 */
final class ValueBlock {
  private ValueBlock() {}

  /** Copies {@code count} value rows of {@code headDim} floats. */
  static void copy(long v, long ldv, int count, int headDim, long values) {
    int whole = headDim - headDim % LANES;
    long end = (long) whole * Float.BYTES;
    for (int j = 0; j < count; j++) {
      long source = v + j * ldv;
      long target = values + (long) j * COLUMN_STRIDE;
      for (long at = 0; at < end; at += BYTES) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, source + at, ORDER)
            .intoMemorySegment(MEMORY, target + at, ORDER);
      }
      for (int i = whole; i < headDim; i++) {
        long at = (long) i * Float.BYTES;
        MEMORY.set(FLOAT, target + at, MEMORY.get(FLOAT, source + at));
      }
    }
  }

  /** Whether {@code count} value rows of {@code headDim} floats hold neither NaN nor infinities. */
  static boolean isFinite(long v, long ldv, int count, int headDim) {
    // 0 · x is 0 for finite x and NaN otherwise, and NaN stays in a sum.
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int j = 0; j < count; j++) {
      long row = v + j * ldv;
      int i = 0;
      for (; i <= headDim - LANES; i += LANES) {
        sum =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, row + (long) i * Float.BYTES, ORDER)
                .fma(zero, sum);
      }
      if (i < headDim) {
        VectorMask<Float> rest = FLOATS.indexInRange(i, headDim);
        sum =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, row + (long) i * Float.BYTES, ORDER, rest)
                .fma(zero, sum);
      }
    }
    return sum.compare(VectorOperators.EQ, 0f).allTrue();
  }

  /** Replaces NaN and infinities by 0. */
  static void hideNonFinite(long values, int count, int headDim) {
    for (int j = 0; j < count; j++) {
      long row = values + (long) j * COLUMN_STRIDE;
      for (int i = 0; i < headDim; i++) {
        long at = row + (long) i * Float.BYTES;
        if (!Float.isFinite(MEMORY.get(FLOAT, at))) {
          MEMORY.set(FLOAT, at, 0f);
        }
      }
    }
  }

  /**
   * Adds what {@link #hideNonFinite} hid to the outputs of the lanes that do see it: those whose
   * score is not -Infinity. The weight, positive and yet unknown, would change nothing.
   *
   * @param scores s of the block, {@code lanes} floats a key
   * @param output Oᵀ, {@code lanes} floats a dimension
   */
  static void addNonFinite(
      long v, long ldv, int count, int headDim, long scores, long output, int lanes) {
    for (int j = 0; j < count; j++) {
      for (int i = 0; i < headDim; i++) {
        float x = MEMORY.get(FLOAT, v + j * ldv + (long) i * Float.BYTES);
        for (int lane = 0; lane < lanes && !Float.isFinite(x); lane++) {
          long shift = (long) lane * Float.BYTES;
          float s = MEMORY.get(FLOAT, scores + (long) j * lanes * Float.BYTES + shift);
          if (s != Float.NEGATIVE_INFINITY) {
            long o = output + (long) i * lanes * Float.BYTES + shift;
            MEMORY.set(FLOAT, o, MEMORY.get(FLOAT, o) + x);
          }
        }
      }
    }
  }

  /** Sets {@code bytes} bytes to 0. */
  static void clear(long output, long bytes) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (long at = 0; at < bytes; at += BYTES) {
      zero.intoMemorySegment(MEMORY, output + at, ORDER);
    }
  }
}
