package io.github.lanewise.jmh;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The secondary result {@code gflop}: with the time unit of a second, GFLOP/s. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Work {
  /** 10^9 floating-point operations done in this iteration. */
  public double gflop;

  @Setup(Level.Iteration)
  public void reset() {
    gflop = 0;
  }

  void add(double flops) {
    gflop += flops * 1e-9;
  }
}
