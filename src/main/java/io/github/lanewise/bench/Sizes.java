package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;

/** Reads the sizes in a shape, and adds up the memory that they take. */
final class Sizes {
  private Sizes() {}

  /**
   * A size as a user wrote it.
   *
   * @throws IllegalArgumentException if it is no whole number from 1 to {@link Matrix#MAX_SIZE}
   */
  static int parse(String shape, String name, String digits) {
    String allowed = ", must be a whole number from 1 to " + Matrix.MAX_SIZE;
    if (!digits.matches("-?[0-9]+")) {
      throw wrong(shape, name + " is '" + digits + "'" + allowed);
    }
    // Compared as text first: a number of a hundred digits is too large, not malformed.
    String magnitude = digits.replaceFirst("^0+(?=.)", "");
    if (digits.startsWith("-") || magnitude.equals("0") || magnitude.length() > 10) {
      throw wrong(shape, name + " is " + digits + allowed);
    }
    long value = Long.parseLong(magnitude);
    if (value > Matrix.MAX_SIZE) {
      throw wrong(shape, name + " is " + digits + allowed);
    }
    return (int) value;
  }

  /** The same from 0 on. */
  static int parseFromZero(String shape, String name, String digits) {
    return digits.matches("0+") ? 0 : parse(shape, name, digits);
  }

  static IllegalArgumentException wrong(String shape, String why) {
    return new IllegalArgumentException("shape '" + shape + "': " + why);
  }

  /** Bytes of a matrix of floats. */
  static long matrix(int rows, int columns) {
    return (long) rows * columns * Float.BYTES;
  }

  /** A sum that stays at the largest number when it does not fit. */
  static long sum(long... parts) {
    long sum = 0;
    for (long part : parts) {
      sum = part > Long.MAX_VALUE - sum ? Long.MAX_VALUE : sum + part;
    }
    return sum;
  }
}
