package io.github.lanewise.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OffHeapTest {
  /** Around the size from which memory comes in huge pages. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (7 << 20) + 3})
  void isZeroedAlignedAndFreedWithItsArena(long bytes) {
    MemorySegment segment;
    try (Arena arena = Arena.ofConfined()) {
      segment = OffHeap.allocate(arena, bytes);
      assertEquals(bytes, segment.byteSize());
      assertEquals(0, segment.address() % OffHeap.CACHE_LINE);
      assertEquals(-1, segment.mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
      if (bytes > 0) {
        segment.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 1);
      }
    }
    assertFalse(segment.scope().isAlive());
  }
}
