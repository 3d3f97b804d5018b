package io.github.lanewise.jmh;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The secondary results {@code gflop} and {@code gigabytes}: with the time unit of a second,
 * GFLOP/s and GB/s.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Work {
  /** 10^9 floating-point operations done in this iteration. */
  public double gflop;

  /** 10^9 bytes read and written in this iteration. */
  public double gigabytes;

  @Setup(Level.Iteration)
  public void reset() {
    gflop = 0;
    gigabytes = 0;
  }

  void add(Cost cost) {
    gflop += cost.flops() * 1e-9;
    gigabytes += cost.bytes() * 1e-9;
  }

  /**
   * What one call takes.
   *
   * @param flops floating-point operations
   * @param bytes that it must read and write
   */
  record Cost(double flops, double bytes) {}
}
