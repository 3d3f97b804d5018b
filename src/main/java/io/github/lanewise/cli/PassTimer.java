package io.github.lanewise.cli;

import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.PassPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Repeats a pass: first until it stops getting faster, since the JVM compiles what it sees running,
 * then to be measured. The result is the median pass, a real one, so its parts add up to it.
 */
final class PassTimer {
  /** Passes without a gain that end the warm-up, and what counts as a gain. */
  private static final int PATIENCE = 3;

  private static final double GAIN = 0.98;

  private static final int MOST_PASSES = 101;

  /** How often the budget a warm-up may take while passes still get faster. */
  private static final int OVERTIME = 3;

  /**
   * How often the budget a pass takes that is measured at once: compiling is a small part of it,
   * since operations are warmed up before, and nobody wants to wait twice.
   */
  private static final int LONG_PASS = 10;

  private final long budgetNanos;

  /** Warm-up and measurement take about {@code budgetNanos} each, but one pass at least. */
  PassTimer(long budgetNanos) {
    this.budgetNanos = budgetNanos;
  }

  /** What is timed. */
  @FunctionalInterface
  interface Pass {
    void run(PartTimes times);
  }

  /** What is timed, step by step. */
  @FunctionalInterface
  interface Step {
    void run(int step, PartTimes times);
  }

  /** One pass, with the nanoseconds of its parts. */
  record Sample(long nanos, Map<PassPart, Long> parts) {}

  /** The median pass, and the numbers of passes it comes from. */
  record Result(long nanos, Map<PassPart, Long> parts, int warmUps, int passes) {}

  /** Times passes; progress is shown over layers. */
  Result time(String name, Pass pass) {
    return repeat(() -> sample(name, pass));
  }

  /** Times runs of {@code steps} steps, each after an untimed {@code reset}. */
  Result timeSteps(String name, int steps, Runnable reset, Step step) {
    return repeat(
        () -> {
          reset.run();
          PartTimes times = new PartTimes();
          try (ProgressBars.Bar bar = ProgressBars.start(name)) {
            long start = System.nanoTime();
            for (int i = 0; i < steps; i++) {
              step.run(i, times);
              bar.advanced(i + 1, steps);
            }
            return sample(System.nanoTime() - start, times);
          }
        });
  }

  private static Sample sample(String name, Pass pass) {
    try (ProgressBars.Bar bar = ProgressBars.start(name)) {
      PartTimes times = new PartTimes(bar);
      long start = System.nanoTime();
      pass.run(times);
      return sample(System.nanoTime() - start, times);
    }
  }

  private static Sample sample(long nanos, PartTimes times) {
    return new Sample(nanos, times.byPart());
  }

  /** A pass that can be repeated. */
  @FunctionalInterface
  private interface Source {
    Sample next();
  }

  private Result repeat(Source source) {
    Sample first = source.next();
    if (first.nanos() > LONG_PASS * budgetNanos) {
      return new Result(first.nanos(), first.parts(), 0, 1);
    }
    int warmUps = warmUp(source, first);
    List<Sample> samples = new ArrayList<>();
    long start = System.nanoTime();
    do {
      samples.add(source.next());
    } while (samples.size() < MOST_PASSES && System.nanoTime() - start < budgetNanos);
    samples.sort(Comparator.comparingLong(Sample::nanos));
    Sample median = samples.get((samples.size() - 1) / 2);
    return new Result(median.nanos(), median.parts(), warmUps, samples.size());
  }

  /** Passes, {@code first} among them, until they no longer get faster. */
  private int warmUp(Source source, Sample first) {
    long start = System.nanoTime() - first.nanos();
    long best = first.nanos();
    int withoutGain = 0;
    int passes = 1;
    while (goOn(System.nanoTime() - start, withoutGain)) {
      long nanos = source.next().nanos();
      passes++;
      withoutGain = nanos < GAIN * best ? 0 : withoutGain + 1;
      best = Math.min(best, nanos);
    }
    return passes;
  }

  private boolean goOn(long elapsed, int withoutGain) {
    if (elapsed < budgetNanos) {
      // The compiler works in the background: short passes prove nothing before it had a moment.
      return withoutGain < PATIENCE || elapsed < budgetNanos / 2;
    }
    return withoutGain == 0 && elapsed < OVERTIME * budgetNanos;
  }
}
