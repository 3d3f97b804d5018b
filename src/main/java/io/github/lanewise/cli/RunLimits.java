package io.github.lanewise.cli;

import io.github.lanewise.op.MachineLimits;
import java.time.Duration;

/**
 * What this machine can do at most, measured after a run and in the same process.
 *
 * @param peakGflops multiply-adds of all threads, two operations each
 * @param readGBs bytes that all threads read from memory; 0 if nothing is to be compared with it
 */
record RunLimits(double peakGflops, double readGBs) {
  private static final Duration BUDGET = Duration.ofMillis(400);
  private static final long READ_BYTES = 512L << 20;

  /** Measures the limits that a measurement is compared with. */
  static RunLimits of(Measurement measured, int threads) {
    Measurement.Decoding decode = measured.decode();
    boolean reads = decode != null && decode.bytes() > 0;
    return reads ? all(threads) : new RunLimits(MachineLimits.peakGflops(threads, BUDGET), 0);
  }

  /** Measures both. */
  static RunLimits all(int threads) {
    return new RunLimits(
        MachineLimits.peakGflops(threads, BUDGET),
        MachineLimits.readGBs(threads, READ_BYTES, BUDGET));
  }
}
