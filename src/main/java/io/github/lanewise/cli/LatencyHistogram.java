package io.github.lanewise.cli;

import java.util.function.LongConsumer;
import org.HdrHistogram.Histogram;

/** What single calls took, to three digits. */
final class LatencyHistogram implements LongConsumer {
  private final Histogram histogram = new Histogram(3);

  @Override
  public void accept(long nanos) {
    histogram.recordValue(Math.max(0, nanos));
  }

  long calls() {
    return histogram.getTotalCount();
  }

  /** Nanoseconds that {@code percent} of the calls did not exceed. */
  long percentile(double percent) {
    return histogram.getValueAtPercentile(percent);
  }
}
