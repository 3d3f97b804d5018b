package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Aligned off-heap allocation. */
public final class OffHeap {
  /** Bytes of a cache line on every CPU we run on, and of the widest vector. */
  public static final int CACHE_LINE = 64;

  private OffHeap() {}

  /** Zeroed memory that starts on a cache line; in huge pages if it is large. */
  public static MemorySegment allocate(Arena arena, long bytes) {
    return HugePages.allocate(arena, bytes).orElseGet(() -> arena.allocate(bytes, CACHE_LINE));
  }
}
