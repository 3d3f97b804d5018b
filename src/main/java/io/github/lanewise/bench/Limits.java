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
  private double peakGflops;
  private double readGBs;
  private double copyGBs;

  /** Nothing is measured yet. */
  private Limits(int threads, long bytes) {
    this.threads = threads;
    this.bytes = bytes;
  }

  /** Measures all three limits, for about {@code budget} each. */
  public static Limits measure(Settings settings, Duration budget) {
    long wanted = Math.clamp(4 * settings.cacheBytes(), LEAST_BYTES, MOST_BYTES);
    long bytes =
        Math.max(
            Math.min(wanted, settings.availableBytes() / 4), settings.threads() * BYTES_A_THREAD);
    Limits limits = new Limits(settings.threads(), bytes);
    limits.measurePeak(budget);
    limits.measureRead(budget);
    limits.measureCopy(budget);
    return limits;
  }

  /** Limits that are known, for pictures of them. */
  static Limits of(int threads, double peakGflops, double readGBs, double copyGBs) {
    Limits limits = new Limits(threads, 0);
    limits.peakGflops = peakGflops;
    limits.readGBs = readGBs;
    limits.copyGBs = copyGBs;
    return limits;
  }

  /** Multiply-adds held in registers, in GFLOP/s. */
  public double peakGflops() {
    return peakGflops;
  }

  /** Reading memory that no cache holds, in GB/s. */
  public double readGBs() {
    return readGBs;
  }

  /** Copying such memory, read and written bytes together, in GB/s. */
  public double copyGBs() {
    return copyGBs;
  }

  /** The least time of a call, and what sets it. */
  Bound bound(Workload workload, boolean outOfCache) {
    double compute = workload.flops() / peakGflops;
    double memory = 0;
    if (outOfCache) {
      memory = workload.boundBytes() / (workload.copies() ? copyGBs : readGBs);
    }
    return memory > compute
        ? new Bound(Bound.Limit.MEMORY, memory)
        : new Bound(Bound.Limit.COMPUTE, compute);
  }

  /** Measures again what bounds {@code workload}; the better figure stays. */
  void measureAgain(Bound bound, Workload workload, Duration budget) {
    if (bound.limit() == Bound.Limit.COMPUTE) {
      measurePeak(budget);
    } else if (workload.copies()) {
      measureCopy(budget);
    } else {
      measureRead(budget);
    }
  }

  /** A call did better than its bound: the machine can do that. */
  void raise(Bound bound, Workload workload, double nanos) {
    double factor = bound.nanos() / nanos;
    if (bound.limit() == Bound.Limit.COMPUTE) {
      peakGflops *= factor;
    } else if (workload.copies()) {
      copyGBs *= factor;
    } else {
      readGBs *= factor;
    }
  }

  private void measurePeak(Duration budget) {
    peakGflops = Math.max(peakGflops, MachineLimits.peakGflops(threads, budget));
  }

  private void measureRead(Duration budget) {
    readGBs = Math.max(readGBs, MachineLimits.readGBs(threads, bytes, budget));
  }

  private void measureCopy(Duration budget) {
    copyGBs = Math.max(copyGBs, MachineLimits.copyGBs(threads, bytes, budget));
  }
}
