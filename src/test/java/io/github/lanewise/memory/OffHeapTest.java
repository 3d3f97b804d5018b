package io.github.lanewise.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
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

  @Test
  void aClosedArenaOrAnothersLeavesNothingMapped() throws Exception {
    Arena closed = Arena.ofConfined();
    closed.close();
    try (Arena confined = Arena.ofConfined()) {
      long before = HugePages.mappedBytes();
      assertThrows(IllegalStateException.class, () -> OffHeap.allocate(closed, 8 << 20));
      Thread other =
          Thread.ofPlatform()
              .start(
                  () ->
                      assertThrows(
                          WrongThreadException.class, () -> OffHeap.allocate(confined, 8 << 20)));
      other.join();
      assertEquals(before, HugePages.mappedBytes());
    }
  }

  /** 256 GiB in all, untouched: garbage of automatic arenas does not pile up. */
  @Test
  void whatNobodyHoldsIsUnmapped() {
    long most = 0;
    for (int i = 0; i < 1024; i++) {
      OffHeap.allocate(Arena.ofAuto(), 256 << 20);
      most = Math.max(most, HugePages.mappedBytes());
    }
    long limit = 4 * Runtime.getRuntime().maxMemory() + (1L << 30);
    assertTrue(most < limit, most + " bytes were mapped, expected fewer than " + limit);
  }
}
