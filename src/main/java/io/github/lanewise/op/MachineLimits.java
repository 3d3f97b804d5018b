package io.github.lanewise.op;

import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.simd.FmaPeak;
import io.github.lanewise.simd.JitDirectives;
import io.github.lanewise.simd.ReadBandwidth;
import io.github.lanewise.simd.Simd;
import java.lang.foreign.Arena;
import java.time.Duration;

/**
 * What this machine can do at most, measured in this JVM: multiply-adds held in registers, and
 * reads of memory that no cache holds. The yardsticks that shares of the peak refer to.
 *
 * <p>Needs no tuning and no privileges. Other load on the machine lowers the figures; each is the
 * best of many short measurements for that reason.
 */
public final class MachineLimits {
  private static final double NANOS = 1e9;

  /**
   * Rounds of a call that takes some hundred microseconds: the call and the clock cost less than a
   * thousandth of that.
   */
  private static final long ROUNDS = 32_768;

  private static final long WARM_UP_ROUNDS = 32;
  private static final long CHUNK_BYTES = 1 << 16;
  private static final long WARM_UP_BYTES = 1 << 13;

  private MachineLimits() {}

  /**
   * Whether multiply-adds are done by the CPU. Where they are not, {@code Math.fma} goes through
   * {@code BigDecimal}, and every kernel is some thousand times slower.
   */
  public static boolean hasHardwareFma() {
    return HardwareFma.present();
  }

  /** Bits of a vector in this JVM. */
  public static int vectorBits() {
    return Simd.BITS;
  }

  /**
   * Whether the compiler directives that keep kernels off the compiler's cliff are in force;
   * installs them if not, where {@code -Dlanewise.jit.directives} lets it.
   */
  public static boolean hasCompilerDirectives() {
    return JitDirectives.areInForce();
  }

  /** Whether the JVM is said to have been started with these directives: then none are added. */
  public static boolean isGivenCompilerDirectives() {
    return JitDirectives.areGiven();
  }

  /**
   * Multiply-adds of f32 vectors, in GFLOP/s (a multiply-add counts as two).
   *
   * @param threads threads that compute at once; more than there are processors make no difference
   * @param budget how long to measure, about
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public static double peakGflops(int threads, Duration budget) {
    JitDirectives.install();
    return Crew.best(usefulThreads(threads), budget, FmaLoop::new) / NANOS;
  }

  /**
   * Reading memory, in GB/s (10^9 bytes).
   *
   * @param threads threads that read at once, each its own part; more than there are processors
   *     make no difference
   * @param bytes memory to read over and over, to be well beyond the last-level cache
   * @param budget how long to measure, about
   * @throws IllegalArgumentException if {@code threads} is not positive, or {@code bytes} is below
   *     1 MiB a thread
   */
  public static double readGBs(int threads, long bytes, Duration budget) {
    JitDirectives.install();
    int readers = usefulThreads(threads);
    long part = bytes / readers / CHUNK_BYTES * CHUNK_BYTES;
    if (part < 1 << 20) {
      throw new IllegalArgumentException(
          "bytes is " + bytes + ", must be at least 1 MiB for each of " + readers + " threads");
    }
    return Crew.best(readers, budget, () -> new ReadLoop(part)) / NANOS;
  }

  /**
   * Copying memory, in GB/s (10^9 bytes), bytes read and bytes written counted together.
   *
   * @param threads threads that copy at once, each its own part; more than there are processors
   *     make no difference
   * @param bytes memory to go through over and over, sources and targets together, to be well
   *     beyond the last-level cache
   * @param budget how long to measure, about
   * @throws IllegalArgumentException if {@code threads} is not positive, or {@code bytes} is below
   *     2 MiB a thread
   */
  public static double copyGBs(int threads, long bytes, Duration budget) {
    int copiers = usefulThreads(threads);
    long part = bytes / 2 / copiers / CopyLoop.CHUNK_BYTES * CopyLoop.CHUNK_BYTES;
    if (part < 1 << 20) {
      throw new IllegalArgumentException(
          "bytes is " + bytes + ", must be at least 2 MiB for each of " + copiers + " threads");
    }
    return Crew.best(copiers, budget, () -> new CopyLoop(part)) / NANOS;
  }

  private static int usefulThreads(int threads) {
    return Math.min(
        Checks.positive("threads", threads), Runtime.getRuntime().availableProcessors());
  }

  /** Multiply-adds; the unit is a floating point operation. */
  private static final class FmaLoop implements Crew.Work {
    private static final int FORMS = FmaPeak.forms();

    private final Arena arena = Arena.ofConfined();
    private final long memory = OffHeap.allocate(arena, FmaPeak.MEMORY_BYTES).address();
    private final double[] best = new double[FORMS];
    private int turn;

    FmaLoop() {
      FmaPeak.fill(memory);
    }

    @Override
    public double warmUpNanos() {
      double slowest = 0;
      for (int form = 0; form < FORMS; form++) {
        long start = System.nanoTime();
        FmaPeak.run(form, memory, WARM_UP_ROUNDS);
        long nanos = System.nanoTime() - start;
        slowest = Math.max(slowest, nanos / (double) (WARM_UP_ROUNDS * FmaPeak.sums(form)));
      }
      return slowest;
    }

    /**
     * The best call: a thread that loses its processor for a while still shows what the processor
     * can do. Only calls between the first quarter and the last eighth count, when all threads are
     * sure to be at work.
     */
    @Override
    public double rate(long nanos) {
      int form = turn++ % 3 == 0 ? turn / 3 % FORMS : fastestForm();
      long start = System.nanoTime();
      long fastest = Long.MAX_VALUE;
      long now = start;
      while (now - start < nanos) {
        long before = System.nanoTime();
        FmaPeak.run(form, memory, ROUNDS);
        now = System.nanoTime();
        if (before - start >= nanos / 4 && now - start <= nanos / 8 * 7) {
          fastest = Math.min(fastest, now - before);
        }
      }
      double rate = FmaPeak.flops(form, ROUNDS) * NANOS / fastest;
      best[form] = Math.max(best[form], rate);
      return rate;
    }

    private int fastestForm() {
      int fastest = 0;
      for (int form = 1; form < FORMS; form++) {
        fastest = best[form] > best[fastest] ? form : fastest;
      }
      return fastest;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** Reads; the unit is a byte. */
  private static final class ReadLoop implements Crew.Work {
    private final Arena arena = Arena.ofConfined();
    private final long from;
    private final long end;
    private long at;
    private float sink;

    ReadLoop(long bytes) {
      // Zero pages that were never written are one page in the cache: fill touches them all, on the
      // thread that reads them.
      from = OffHeap.allocate(arena, bytes).fill((byte) 1).address();
      end = from + bytes;
      at = from;
    }

    @Override
    public double warmUpNanos() {
      long start = System.nanoTime();
      sink += ReadBandwidth.sum(from, from + WARM_UP_BYTES);
      return (double) (System.nanoTime() - start) * Simd.BYTES / WARM_UP_BYTES;
    }

    /** The best stretch of those that lie between the first quarter and the last eighth. */
    @Override
    public double rate(long nanos) {
      long start = System.nanoTime();
      double best = 0;
      long now = start;
      while (now - start < nanos) {
        long before = now;
        long bytes = 0;
        do {
          bytes += readChunk();
          now = System.nanoTime();
        } while (now - before < nanos / 8);
        if (before - start >= nanos / 4 && now - start <= nanos / 8 * 7) {
          best = Math.max(best, bytes * NANOS / (now - before));
        }
      }
      return best;
    }

    private long readChunk() {
      sink += ReadBandwidth.sum(at, at + CHUNK_BYTES);
      at = at + CHUNK_BYTES == end ? from : at + CHUNK_BYTES;
      return CHUNK_BYTES;
    }

    @Override
    public void close() {
      if (Float.isNaN(sink)) {
        throw new AssertionError("ones add up to a number");
      }
      arena.close();
    }
  }
}
