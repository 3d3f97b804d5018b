package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.INTS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Rows of 16-bit numbers, widened to floats in the order in which they lie: dearer than the planes
 * of {@link WideRows}, for those who read floats one by one. Exact.
 *
 * <p>Each int, which holds two numbers, is doubled; then every number is moved to the upper half of
 * an int of its own.
 */
public final class FlatRows {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0xffff0000);

  /** The ints of the first half of a vector, twice each, and those of the second half. */
  private static final VectorShuffle<Integer> FIRST = VectorShuffle.fromOp(INTS, lane -> lane / 2);

  private static final VectorShuffle<Integer> SECOND =
      VectorShuffle.fromOp(INTS, lane -> (LANES + lane) / 2);

  /** What moves a number up: the even ones lie in the lower halves. */
  private static final IntVector TO_UPPER = IntVector.fromArray(INTS, shifts(), 0);

  private FlatRows() {}

  private static int[] shifts() {
    int[] shifts = new int[LANES];
    for (int lane = 0; lane < LANES; lane += 2) {
      shifts[lane] = 16;
    }
    return shifts;
  }

  /** Widens {@code n} bfloat16. */
  public static void bf16(long source, int n, long target) {
    long to = target;
    int whole = n - n % (2 * LANES);
    long end = source + 2L * whole;
    for (long from = source; from != end; from += BYTES, to += 2L * BYTES) {
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, from, ORDER);
      w.rearrange(FIRST)
          .lanewise(VectorOperators.LSHL, TO_UPPER)
          .and(UPPER)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, to, ORDER);
      w.rearrange(SECOND)
          .lanewise(VectorOperators.LSHL, TO_UPPER)
          .and(UPPER)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, to + BYTES, ORDER);
    }
    for (int i = whole; i < n; i++) {
      short bits = MEMORY.get(SHORT, source + 2L * i);
      MEMORY.set(FLOAT, target + (long) i * Float.BYTES, Float.intBitsToFloat(bits << 16));
    }
  }

  /** Widens {@code n} binary16. */
  public static void f16(long source, int n, long target) {
    long to = target;
    int whole = n - n % (2 * LANES);
    long end = source + 2L * whole;
    for (long from = source; from != end; from += BYTES, to += 2L * BYTES) {
      IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, from, ORDER);
      WideRows.upperF16(w.rearrange(FIRST).lanewise(VectorOperators.LSHL, TO_UPPER))
          .intoMemorySegment(MEMORY, to, ORDER);
      WideRows.upperF16(w.rearrange(SECOND).lanewise(VectorOperators.LSHL, TO_UPPER))
          .intoMemorySegment(MEMORY, to + BYTES, ORDER);
    }
    for (int i = whole; i < n; i++) {
      short bits = MEMORY.get(SHORT, source + 2L * i);
      MEMORY.set(FLOAT, target + (long) i * Float.BYTES, Float.float16ToFloat(bits));
    }
  }
}
