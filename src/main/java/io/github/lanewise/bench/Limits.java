package io.github.lanewise.bench;

import io.github.lanewise.op.MachineLimits;
import java.time.Duration;

/**
 * What the machine can do with so many threads: the best that was seen so far. Other load lowers
 * what is seen, so limits are measured again and again.
 */
public final class Limits {
  /** Far beyond a cache; no more than this, whatever a virtual machine claims to have as cache. */
  private static final long LEAST_BYTES = 256L << 20;

  private static final long MOST_BYTES = 1L << 30;
  private static final long BYTES_A_THREAD = 2L << 20;

  private final int threads;
  private final long bytes;
  private final boolean copying;
  private double peakGflops;
  private double memoryGBs;

  private Limits(int threads, long bytes, boolean copying) {
    this.threads = threads;
    this.bytes = bytes;
    this.copying = copying;
  }

  /** Measures the limits of an operation, for about {@code budget} each. */
  public static Limits measure(Operation operation, Settings settings, Duration budget) {
    long wanted = Math.clamp(4 * settings.cacheBytes(), LEAST_BYTES, MOST_BYTES);
    long bytes =
        Math.max(
            Math.min(wanted, settings.availableBytes() / 4), settings.threads() * BYTES_A_THREAD);
    Limits limits = new Limits(settings.threads(), bytes, operation.copies());
    limits.measurePeak(budget);
    limits.measureMemory(budget);
    return limits;
  }

  /** Limits that are known. */
  static Limits of(Operation operation, double peakGflops, double memoryGBs) {
    Limits limits = new Limits(1, LEAST_BYTES, operation.copies());
    limits.peakGflops = peakGflops;
    limits.memoryGBs = memoryGBs;
    return limits;
  }

  /** Multiply-adds held in registers, in GFLOP/s. */
  public double peakGflops() {
    return peakGflops;
  }

  /**
   * Memory that no cache holds, in GB/s: reading it or, for operations that write as much as they
   * read, copying it, bytes read and written together.
   */
  public double memoryGBs() {
    return memoryGBs;
  }

  /** "read" or "copy": what {@link #memoryGBs} is of. */
  public String memoryUse() {
    return copying ? "copy" : "read";
  }

  /** The least time of a call, and what sets it. */
  Bound bound(Workload workload, boolean outOfCache) {
    double compute = workload.flops() / peakGflops;
    double memory = outOfCache ? workload.boundBytes() / memoryGBs : 0;
    return memory > compute
        ? new Bound(Bound.Limit.MEMORY, memory)
        : new Bound(Bound.Limit.COMPUTE, compute);
  }

  /** Measures again what bounds a call; the better figure stays. */
  void measureAgain(Bound bound, Duration budget) {
    if (bound.limit() == Bound.Limit.COMPUTE) {
      measurePeak(budget);
    } else {
      measureMemory(budget);
    }
  }

  /** A call did better than its bound: the machine can do that. */
  void raise(Bound bound, double nanos) {
    double factor = bound.nanos() / nanos;
    if (bound.limit() == Bound.Limit.COMPUTE) {
      peakGflops *= factor;
    } else {
      memoryGBs *= factor;
    }
  }

  private void measurePeak(Duration budget) {
    peakGflops = Math.max(peakGflops, MachineLimits.peakGflops(threads, budget));
  }

  private void measureMemory(Duration budget) {
    double measured =
        copying
            ? MachineLimits.copyGBs(threads, bytes, budget)
            : MachineLimits.readGBs(threads, bytes, budget);
    memoryGBs = Math.max(memoryGBs, measured);
  }
}
