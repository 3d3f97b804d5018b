package io.github.lanewise.tune;

import java.util.Random;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * A machine whose clock advances by what is timed on it, with the noise of a shared one: a load
 * that comes and goes for seconds, jitter, and now and then a turn that takes many times as long.
 */
final class FakeMachine implements LongSupplier {
  /** A turn of speed 1 on the idle machine. */
  static final long TURN_NANOS = 10_000_000;

  private final Random random;
  private long now;

  FakeMachine(long seed) {
    random = new Random(seed);
  }

  @Override
  public long getAsLong() {
    return now;
  }

  /** Times whatever has a speed. */
  <C> Stopwatch<C> stopwatch(ToDoubleFunction<C> speed) {
    return candidate -> {
      double load = 1.5 + 0.5 * Math.sin(now / 2e9);
      double jitter = 1 + 0.01 * Math.abs(random.nextGaussian());
      double spike = random.nextInt(40) == 0 ? 1 + 4 * random.nextDouble() : 1;
      double nanos = TURN_NANOS / speed.applyAsDouble(candidate) * load * jitter * spike;
      now += (long) Math.min(nanos, 4e9);
      return nanos;
    };
  }

  /** Lets time pass. */
  void pass(long nanos) {
    now += nanos;
  }
}
