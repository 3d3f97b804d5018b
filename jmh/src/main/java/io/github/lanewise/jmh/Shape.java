package io.github.lanewise.jmh;

import java.util.Arrays;

/**
 * The sizes in a parameter such as {@code prefill_512x768x3072}, and what they are used for.
 *
 * @param use before the underscore
 */
record Shape(String use, int[] sizes) {
  /**
   * Reads a parameter.
   *
   * @param form such as {@code MxNxK}, for the error
   */
  static Shape parse(String text, String form) {
    int line = text.indexOf('_');
    String[] parts = text.substring(line + 1).split("x", -1);
    if (line < 1 || parts.length != form.split("x", -1).length) {
      throw new IllegalArgumentException("shape is " + text + ", must be USE_" + form);
    }
    return new Shape(
        text.substring(0, line), Arrays.stream(parts).mapToInt(Integer::parseInt).toArray());
  }
}
