package io.github.lanewise.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class BlockArenaTest {
  @Test
  void buffersFollowEachOtherOnCacheLines() {
    try (BlockArena arena = new BlockArena(Arena.ofConfined(), 3 * 64)) {
      MemorySegment first = OffHeap.allocate(arena, 4);
      MemorySegment second = OffHeap.allocate(arena, 65);

      assertEquals(0, first.address() % OffHeap.CACHE_LINE);
      assertEquals(4, first.byteSize());
      assertEquals(first.address() + 64, second.address());
      assertEquals(65, second.byteSize());
    }
  }

  @Test
  void whatDoesNotFitIsAllocatedApart() {
    try (BlockArena arena = new BlockArena(Arena.ofConfined(), 64)) {
      MemorySegment first = OffHeap.allocate(arena, 64);
      MemorySegment apart = OffHeap.allocate(arena, 1);

      first.fill((byte) 1);
      assertEquals(0, apart.get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(0, arena.allocate(8, 4096).address() % 4096);
    }
  }

  @Test
  void blockHoldsWhatIsPlannedForIt() {
    long[] buffers = {1, 64, 65, 1000};
    long planned = BlockArena.bytesFor(HugePages.LEAST_BYTES);
    for (long bytes : buffers) {
      planned += BlockArena.bytesFor(bytes);
    }
    assertEquals(64 + 64 + 128 + 1024, planned);
    try (BlockArena arena = new BlockArena(Arena.ofConfined(), planned)) {
      long at = 0;
      for (long bytes : buffers) {
        MemorySegment buffer = OffHeap.allocate(arena, bytes);
        assertTrue(at == 0 || buffer.address() == at, "apart: " + bytes);
        at = buffer.address() + BlockArena.bytesFor(bytes);
      }
      assertEquals(
          HugePages.LEAST_BYTES, OffHeap.allocate(arena, HugePages.LEAST_BYTES).byteSize());
    }
  }

  @Test
  void emptyBlockAllocatesEverythingApart() {
    try (BlockArena arena = new BlockArena(Arena.ofConfined(), 0)) {
      assertEquals(5, OffHeap.allocate(arena, 5).byteSize());
    }
  }

  @Test
  void closesTheArenaBelow() {
    BlockArena arena = new BlockArena(Arena.ofConfined(), 64);
    MemorySegment inside = OffHeap.allocate(arena, 8);
    arena.close();

    assertFalse(arena.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> inside.get(ValueLayout.JAVA_BYTE, 0));
  }
}
