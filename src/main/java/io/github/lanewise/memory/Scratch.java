package io.github.lanewise.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of one participant in a computation: grown when a larger need is met, never
 * shrunk, so that a repeated call allocates nothing. Used by one thread at a time; freed when it is
 * no longer reachable.
 */
public final class Scratch {
  private MemorySegment segment = MemorySegment.NULL;

  /** Holds nothing yet. */
  public Scratch() {}

  /**
   * At least {@code bytes} of memory with undefined content, starting on a cache line.
   *
   * @return its address, valid until the next call of this method and while this object is
   *     reachable
   */
  public long require(long bytes) {
    if (segment.byteSize() < bytes) {
      segment = OffHeap.allocate(Arena.ofAuto(), bytes);
    }
    return segment.address();
  }
}
