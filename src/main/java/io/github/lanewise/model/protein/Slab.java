package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory that the algorithms of a block use one after the other: each lays out its buffers
 * from the start.
 */
final class Slab {
  private final MemorySegment segment;
  private long taken;

  /** Memory that is freed when no longer reachable. */
  Slab(long floats) {
    segment = OffHeap.allocate(Arena.ofAuto(), floats * Float.BYTES);
  }

  /** Begins a layout. */
  Slab restart() {
    taken = 0;
    return this;
  }

  /** The next buffer. */
  Matrix take(int rows, int columns) {
    Matrix matrix = Matrix.of(segment, taken, rows, columns, columns);
    taken += floats(rows, columns) * Float.BYTES;
    return matrix;
  }

  /** What a buffer takes: whole cache lines. */
  static long floats(long rows, long columns) {
    int line = OffHeap.CACHE_LINE / Float.BYTES;
    return Math.ceilDiv(rows * columns, line) * line;
  }
}
