package io.github.lanewise.tune;

/**
 * Times candidates.
 *
 * @param <C> what a candidate is
 */
@FunctionalInterface
public interface Stopwatch<C> {
  /**
   * Runs a candidate's work once, some milliseconds long, and returns how long it took. What a
   * candidate needs before its first turn (memory, compiled code) does not count.
   *
   * @return nanoseconds
   */
  double nanos(C candidate);
}
