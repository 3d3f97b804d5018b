package io.github.lanewise.testing;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Floats at addresses, as kernels take them. */
public final class RawFloats {
  private RawFloats() {}

  /** The address of {@code count} floats from -1 to 1, at least one vector. */
  public static long random(Arena arena, SplittableRandom random, int count) {
    long address = arena.allocate(Math.max(BYTES, (long) count * Float.BYTES), 64).address();
    for (int i = 0; i < count; i++) {
      set(address, i, (float) random.nextDouble(-1, 1));
    }
    return address;
  }

  /** Float {@code i} from an address on. */
  public static float get(long address, int i) {
    return MEMORY.get(FLOAT, address + (long) i * Float.BYTES);
  }

  /** Sets float {@code i} from an address on. */
  public static void set(long address, int i, float value) {
    MEMORY.set(FLOAT, address + (long) i * Float.BYTES, value);
  }
}
