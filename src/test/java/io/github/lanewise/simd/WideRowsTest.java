package io.github.lanewise.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class WideRowsTest {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final int ALL = 1 << 16;

  @Test
  void widensEveryPatternExactly() {
    MemorySegment source = OffHeap.allocate(Arena.ofAuto(), 2L * ALL);
    MemorySegment target = OffHeap.allocate(Arena.ofAuto(), 4L * ALL);
    for (int i = 0; i < ALL; i++) {
      source.set(SHORT, 2L * i, (short) i);
    }
    WideRows.f16(source.address(), ALL, target.address());
    for (int i = 0; i < ALL; i++) {
      assertSame(Float.float16ToFloat((short) i), at(target, i), i);
    }
    WideRows.bf16(source.address(), ALL, target.address());
    for (int i = 0; i < ALL; i++) {
      assertSame(Float.intBitsToFloat(i << 16), at(target, i), i);
    }
  }

  @Test
  void widensFourRowsAtOnce() {
    int n = ALL / 4;
    long stride = 4L * n + 32;
    MemorySegment source = OffHeap.allocate(Arena.ofAuto(), 2L * ALL);
    MemorySegment target = OffHeap.allocate(Arena.ofAuto(), 4 * stride);
    for (int i = 0; i < ALL; i++) {
      source.set(SHORT, 2L * i, (short) i);
    }
    long[] rows = new long[4];
    for (int r = 0; r < 4; r++) {
      rows[r] = source.address() + 2L * r * n;
    }
    WideRows.fourF16(rows[0], rows[1], rows[2], rows[3], n, target.address(), stride);
    for (int i = 0; i < ALL; i++) {
      float x = at(target.asSlice(i / n * stride), i % n);
      assertSame(Float.float16ToFloat((short) i), x, i);
    }
    WideRows.fourBf16(rows[0], rows[1], rows[2], rows[3], n, target.address(), stride);
    for (int i = 0; i < ALL; i++) {
      assertSame(Float.intBitsToFloat(i << 16), at(target.asSlice(i / n * stride), i % n), i);
    }
  }

  /** Lengths around whole vectors; the row ends where its memory ends, padding is zeros. */
  @Test
  void padsWithZerosAndStaysInside() {
    for (int n = 1; n <= 4 * Simd.LANES + 3; n++) {
      MemorySegment source = OffHeap.allocate(Arena.ofAuto(), 4L * n);
      MemorySegment target = OffHeap.allocate(Arena.ofAuto(), 4L * WideRows.planes(n) + 64);
      for (int i = 0; i < n; i++) {
        source.set(SHORT, 2L * i, Float.floatToFloat16(i + 1));
      }
      target.fill((byte) -1);
      WideRows.f16(source.address(), n, target.address());
      for (int i = 0; i < WideRows.planes(n); i++) {
        assertEquals(i < n ? i + 1 : 0, at(target, i), n + ": " + i);
      }
      for (int i = 0; i < n; i++) {
        source.set(SHORT, 2L * i, (short) (Float.floatToRawIntBits(i + 1) >>> 16));
      }
      target.fill((byte) -1);
      WideRows.bf16(source.address(), n, target.address());
      for (int i = 0; i < WideRows.planes(n); i++) {
        assertEquals(i < n ? i + 1 : 0, at(target, i), n + ": " + i);
      }
      for (int i = 0; i < n; i++) {
        source.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, i + 1);
      }
      target.fill((byte) -1);
      WideRows.f32(source.address(), n, target.address());
      for (int i = 0; i < (n + Simd.LANES - 1) / Simd.LANES * Simd.LANES; i++) {
        float x = target.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        assertEquals(i < n ? i + 1 : 0, x, n + ": " + i);
      }
    }
  }

  private static float at(MemorySegment planes, int element) {
    return planes.getAtIndex(ValueLayout.JAVA_FLOAT, WideRows.plane(element));
  }

  private static void assertSame(float expected, float actual, int pattern) {
    // Canonical NaN: hardware quiets a signalling one.
    assertEquals(
        Float.floatToIntBits(expected),
        Float.floatToIntBits(actual),
        () -> Integer.toHexString(pattern));
  }
}
