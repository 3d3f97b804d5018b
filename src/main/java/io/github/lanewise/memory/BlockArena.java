package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Another arena's memory, taken out of one block while that has room: together, buffers that are
 * too small for huge pages of their own lie in huge pages. For one thread at a time.
 */
public final class BlockArena implements Arena {
  private final Arena arena;
  private final MemorySegment block;
  private long taken;

  /**
   * Takes the block.
   *
   * @param arena whose memory it is: it lives as long
   * @param bytes of the block, see {@link #bytesFor}
   */
  public BlockArena(Arena arena, long bytes) {
    this.arena = arena;
    block = bytes == 0 ? MemorySegment.NULL : OffHeap.allocate(arena, bytes);
  }

  /** What a buffer takes of a block: whole cache lines, or nothing if it has huge pages itself. */
  public static long bytesFor(long buffer) {
    return buffer >= HugePages.LEAST_BYTES
        ? 0
        : Math.ceilDiv(buffer, OffHeap.CACHE_LINE) * OffHeap.CACHE_LINE;
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    long padded = Math.ceilDiv(bytes, OffHeap.CACHE_LINE) * OffHeap.CACHE_LINE;
    if (alignment > OffHeap.CACHE_LINE || padded > block.byteSize() - taken) {
      return arena.allocate(bytes, alignment);
    }
    MemorySegment buffer = block.asSlice(taken, bytes);
    taken += padded;
    return buffer;
  }

  @Override
  public MemorySegment.Scope scope() {
    return arena.scope();
  }

  /** Closes the arena whose memory it is. */
  @Override
  public void close() {
    arena.close();
  }
}
