package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * The most multiply-adds that a core can do: independent sums in registers, nothing loaded, nothing
 * stored.
 *
 * <p>A core keeps (units * latency) multiply-adds in flight: 8 to 10 on x86, 16 on the widest ARM
 * cores. Ten sums and their two factors fit into the 16 registers of AVX2; 16 sums need 32
 * registers. Which loop is faster is for the caller to find out.
 */
public final class FmaPeak {
  /**
   * Bytes of memory that the loops use: two factors and the sums, to be filled with {@link #fill}.
   */
  public static final long MEMORY_BYTES = 18L * BYTES;

  private static final int[] SUMS = {10, 16};

  private FmaPeak() {}

  /** Sets factors and sums to numbers that stay normal however often they are added. */
  public static void fill(long memory) {
    for (int i = 0; i < 18 * LANES; i++) {
      float value = i < 2 * LANES ? 1e-9f : 1 + i;
      MEMORY.set(Simd.FLOAT, memory + (long) i * Float.BYTES, value);
    }
  }

  /** Loops to choose from: 0 to {@code forms() - 1}. */
  public static int forms() {
    return SUMS.length;
  }

  /** Vectors that loop {@code form} adds to. */
  public static int sums(int form) {
    return SUMS[form];
  }

  /** Floating point operations of {@code rounds} rounds of loop {@code form}. */
  public static long flops(int form, long rounds) {
    return 2L * LANES * SUMS[form] * rounds;
  }

  /** Runs loop {@code form}, {@code rounds} > 0 times, on memory that was filled. */
  public static void run(int form, long memory, long rounds) {
    if (form == 0) {
      tenSums(memory, rounds);
    } else {
      sixteenSums(memory, rounds);
    }
  }

  private static void tenSums(long memory, long rounds) {
    FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, memory, ORDER);
    FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, memory + BYTES, ORDER);
    long sums = memory + 2L * BYTES;
    FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums, ORDER);
    FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 1L * BYTES, ORDER);
    FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 2L * BYTES, ORDER);
    FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 3L * BYTES, ORDER);
    FloatVector s4 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 4L * BYTES, ORDER);
    FloatVector s5 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 5L * BYTES, ORDER);
    FloatVector s6 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 6L * BYTES, ORDER);
    FloatVector s7 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 7L * BYTES, ORDER);
    FloatVector s8 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 8L * BYTES, ORDER);
    FloatVector s9 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 9L * BYTES, ORDER);
    long left = rounds;
    do {
      s0 = x.fma(y, s0);
      s1 = x.fma(y, s1);
      s2 = x.fma(y, s2);
      s3 = x.fma(y, s3);
      s4 = x.fma(y, s4);
      s5 = x.fma(y, s5);
      s6 = x.fma(y, s6);
      s7 = x.fma(y, s7);
      s8 = x.fma(y, s8);
      s9 = x.fma(y, s9);
      left--;
    } while (left != 0);
    s0.intoMemorySegment(MEMORY, sums, ORDER);
    s1.intoMemorySegment(MEMORY, sums + 1L * BYTES, ORDER);
    s2.intoMemorySegment(MEMORY, sums + 2L * BYTES, ORDER);
    s3.intoMemorySegment(MEMORY, sums + 3L * BYTES, ORDER);
    s4.intoMemorySegment(MEMORY, sums + 4L * BYTES, ORDER);
    s5.intoMemorySegment(MEMORY, sums + 5L * BYTES, ORDER);
    s6.intoMemorySegment(MEMORY, sums + 6L * BYTES, ORDER);
    s7.intoMemorySegment(MEMORY, sums + 7L * BYTES, ORDER);
    s8.intoMemorySegment(MEMORY, sums + 8L * BYTES, ORDER);
    s9.intoMemorySegment(MEMORY, sums + 9L * BYTES, ORDER);
  }

  private static void sixteenSums(long memory, long rounds) {
    FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, memory, ORDER);
    FloatVector y = FloatVector.fromMemorySegment(FLOATS, MEMORY, memory + BYTES, ORDER);
    long sums = memory + 2L * BYTES;
    FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums, ORDER);
    FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 1L * BYTES, ORDER);
    FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 2L * BYTES, ORDER);
    FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 3L * BYTES, ORDER);
    FloatVector s4 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 4L * BYTES, ORDER);
    FloatVector s5 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 5L * BYTES, ORDER);
    FloatVector s6 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 6L * BYTES, ORDER);
    FloatVector s7 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 7L * BYTES, ORDER);
    FloatVector s8 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 8L * BYTES, ORDER);
    FloatVector s9 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 9L * BYTES, ORDER);
    FloatVector s10 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 10L * BYTES, ORDER);
    FloatVector s11 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 11L * BYTES, ORDER);
    FloatVector s12 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 12L * BYTES, ORDER);
    FloatVector s13 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 13L * BYTES, ORDER);
    FloatVector s14 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 14L * BYTES, ORDER);
    FloatVector s15 = FloatVector.fromMemorySegment(FLOATS, MEMORY, sums + 15L * BYTES, ORDER);
    long left = rounds;
    do {
      s0 = x.fma(y, s0);
      s1 = x.fma(y, s1);
      s2 = x.fma(y, s2);
      s3 = x.fma(y, s3);
      s4 = x.fma(y, s4);
      s5 = x.fma(y, s5);
      s6 = x.fma(y, s6);
      s7 = x.fma(y, s7);
      s8 = x.fma(y, s8);
      s9 = x.fma(y, s9);
      s10 = x.fma(y, s10);
      s11 = x.fma(y, s11);
      s12 = x.fma(y, s12);
      s13 = x.fma(y, s13);
      s14 = x.fma(y, s14);
      s15 = x.fma(y, s15);
      left--;
    } while (left != 0);
    s0.intoMemorySegment(MEMORY, sums, ORDER);
    s1.intoMemorySegment(MEMORY, sums + 1L * BYTES, ORDER);
    s2.intoMemorySegment(MEMORY, sums + 2L * BYTES, ORDER);
    s3.intoMemorySegment(MEMORY, sums + 3L * BYTES, ORDER);
    s4.intoMemorySegment(MEMORY, sums + 4L * BYTES, ORDER);
    s5.intoMemorySegment(MEMORY, sums + 5L * BYTES, ORDER);
    s6.intoMemorySegment(MEMORY, sums + 6L * BYTES, ORDER);
    s7.intoMemorySegment(MEMORY, sums + 7L * BYTES, ORDER);
    s8.intoMemorySegment(MEMORY, sums + 8L * BYTES, ORDER);
    s9.intoMemorySegment(MEMORY, sums + 9L * BYTES, ORDER);
    s10.intoMemorySegment(MEMORY, sums + 10L * BYTES, ORDER);
    s11.intoMemorySegment(MEMORY, sums + 11L * BYTES, ORDER);
    s12.intoMemorySegment(MEMORY, sums + 12L * BYTES, ORDER);
    s13.intoMemorySegment(MEMORY, sums + 13L * BYTES, ORDER);
    s14.intoMemorySegment(MEMORY, sums + 14L * BYTES, ORDER);
    s15.intoMemorySegment(MEMORY, sums + 15L * BYTES, ORDER);
  }
}
