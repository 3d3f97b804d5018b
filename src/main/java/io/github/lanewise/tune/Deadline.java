package io.github.lanewise.tune;

import java.util.function.LongSupplier;

/** A moment on a clock. */
final class Deadline {
  private final LongSupplier clock;
  private final long at;

  private Deadline(LongSupplier clock, long at) {
    this.clock = clock;
    this.at = at;
  }

  static Deadline in(LongSupplier clock, long nanos) {
    return new Deadline(clock, clock.getAsLong() + nanos);
  }

  /** Nanoseconds until then; negative afterwards. */
  long left() {
    return at - clock.getAsLong();
  }

  boolean passed() {
    return left() <= 0;
  }

  /** The moment when {@code share} of what is left will have passed. */
  Deadline within(double share) {
    return in(clock, Math.max(0, (long) (share * left())));
  }
}
