package io.github.lanewise.model;

/**
 * Argument checks of this package. Each message names the argument, what it was and what it must
 * be.
 */
final class Checks {
  private Checks() {}

  static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Refuses NaN too. */
  static void between(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name + " is " + value + ", must be a number from " + least + " to " + most);
    }
  }
}
