package io.github.lanewise.model;

/** Checks of numbers that configs of several kinds have. */
public final class ConfigChecks {
  private ConfigChecks() {}

  /**
   * Checks a count.
   *
   * @throws IllegalArgumentException if it is not from 1 to {@code most}; names the key and value
   */
  public static void between(String key, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          key + " is " + value + ", must be a whole number from 1 to " + most);
    }
  }
}
