package io.github.lanewise.op;

import io.github.lanewise.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Copies memory as fast as a core can: the ceiling of whatever reads one array and writes another.
 * The unit is a byte, read or written.
 *
 * <p>The JVM's own copy is used. Its stores bypass the caches when a piece is large enough, and do
 * not when it is small; which is faster depends on the machine, so the pieces take turns and the
 * best stretch counts.
 */
final class CopyLoop implements Crew.Work {
  static final long CHUNK_BYTES = 1 << 16;

  private static final long[] PIECES = {CHUNK_BYTES, 1 << 20, 8 << 20};
  private static final double NANOS = 1e9;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment source;
  private final MemorySegment target;
  private long at;
  private int turn;

  /** Copies between two arrays of {@code bytes}, whole chunks. */
  CopyLoop(long bytes) {
    // Pages are touched by the thread that uses them; zero pages never written would be one.
    source = OffHeap.allocate(arena, bytes).fill((byte) 1);
    target = OffHeap.allocate(arena, bytes).fill((byte) 2);
  }

  /** The JVM's copy is compiled code from the start. */
  @Override
  public double warmUpNanos() {
    copy(CHUNK_BYTES);
    return 0;
  }

  /** The best stretch of those that lie between the first quarter and the last eighth. */
  @Override
  public double rate(long nanos) {
    long piece = PIECES[turn++ % PIECES.length];
    long start = System.nanoTime();
    double best = 0;
    long now = start;
    while (now - start < nanos) {
      long before = now;
      long bytes = 0;
      do {
        bytes += 2 * copy(piece);
        now = System.nanoTime();
      } while (now - before < nanos / 8);
      if (before - start >= nanos / 4 && now - start <= nanos / 8 * 7) {
        best = Math.max(best, bytes * NANOS / (now - before));
      }
    }
    return best;
  }

  private long copy(long piece) {
    long bytes = Math.min(piece, source.byteSize() - at);
    MemorySegment.copy(source, at, target, at, bytes);
    at = at + bytes == source.byteSize() ? 0 : at + bytes;
    return bytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
