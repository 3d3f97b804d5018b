package io.github.lanewise.bench;

import io.github.lanewise.op.MachineLimits;

/** What is said of the kernels that operations chose. */
final class KernelNames {
  private KernelNames() {}

  static String of(String tile) {
    return tile + ", " + bits();
  }

  static String softmax() {
    return "row, " + bits();
  }

  static String attention() {
    return "tiled, queries along the lanes, " + bits();
  }

  static String decoding() {
    return "keys row by row, dimensions along the lanes, " + bits();
  }

  static String linearAttention() {
    return "chunks of tokens, queries along the lanes, " + bits();
  }

  static String encoder() {
    return "no padding, " + bits();
  }

  private static String bits() {
    return MachineLimits.vectorBits() + " bits";
  }
}
