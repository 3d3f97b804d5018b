package io.github.lanewise.kernel.gemm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.INTS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.memory.Storage;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Panels of weights in 16 bits: bfloat16, or binary16 without infinities and NaNs.
 *
 * <p>A panel holds {@code 2·LANES} rows of W. For each k there are LANES ints: lane l holds row l
 * in its lower half and row {@code LANES + l} in its upper half, so that a shift and a mask make
 * two vectors of neighbouring columns. As many bytes as a panel of floats.
 */
public final class HalfPanels {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private HalfPanels() {}

  /** Address of W[row][0]; W[row][j] follows {@code j} vectors later. */
  private static long rowAddress(long packed, int row, int k) {
    int panel = row / (2 * LANES);
    int lane = row % LANES;
    int half = row / LANES % 2;
    return packed
        + panel * PackedPanels.panelBytes(k)
        + (long) lane * Integer.BYTES
        + (long) half * Short.BYTES;
  }

  /** Writes row {@code row} of W, {@code k} contiguous floats at {@code source}, rounded. */
  public static void setRow(Storage storage, long packed, int row, int k, long source) {
    long target = rowAddress(packed, row, k);
    for (int j = 0; j < k; j++) {
      float x = MEMORY.get(FLOAT, source + (long) j * Float.BYTES);
      short bits = storage == Storage.BF16 ? Storage.toBfloat16(x) : Float.floatToFloat16(x);
      MEMORY.set(SHORT, target + (long) j * BYTES, bits);
    }
  }

  /** Reads row {@code row} of W into {@code k} contiguous floats at {@code target}. */
  public static void getRow(Storage storage, long packed, int row, int k, long target) {
    long source = rowAddress(packed, row, k);
    for (int j = 0; j < k; j++) {
      short bits = MEMORY.get(SHORT, source + (long) j * BYTES);
      float x =
          storage == Storage.BF16 ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
      MEMORY.set(FLOAT, target + (long) j * Float.BYTES, x);
    }
  }

  /**
   * Makes two panels of floats from {@code k} steps of one panel, to multiply with many rows.
   *
   * @param stride bytes from the first panel of floats to the second
   */
  static void widen(Storage storage, long panel, int k, long target, long stride) {
    if (storage == Storage.BF16) {
      widenBf16(panel, k, target, stride);
    } else {
      widenF16(panel, k, target, stride);
    }
  }

  private static void widenBf16(long panel, int k, long target, long stride) {
    for (int j = 0; j < k; j++) {
      long at = (long) j * BYTES;
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, panel + at, ORDER);
      w.lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, target + at, ORDER);
      w.and(GemmTile.UPPER)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, target + stride + at, ORDER);
    }
  }

  private static void widenF16(long panel, int k, long target, long stride) {
    for (int j = 0; j < k; j++) {
      long at = (long) j * BYTES;
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, panel + at, ORDER);
      w.lanewise(VectorOperators.LSHL, 16)
          .lanewise(VectorOperators.ASHR, 3)
          .and(GemmTile.F16_BITS)
          .reinterpretAsFloats()
          .mul(GemmTile.F16_SCALE)
          .intoMemorySegment(MEMORY, target + at, ORDER);
      w.lanewise(VectorOperators.ASHR, 3)
          .and(GemmTile.F16_BITS)
          .reinterpretAsFloats()
          .mul(GemmTile.F16_SCALE)
          .intoMemorySegment(MEMORY, target + stride + at, ORDER);
    }
  }
}
