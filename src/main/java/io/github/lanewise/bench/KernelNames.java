package io.github.lanewise.bench;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.MachineLimits;
import java.util.Locale;

/** What is said of the kernels that operations chose. */
final class KernelNames {
  private KernelNames() {}

  static String gemm(boolean plain, Storage storage) {
    String how = plain ? "packing in the call" : "prepacked";
    return how + ", " + storage.name().toLowerCase(Locale.ROOT) + ", " + bits();
  }

  static String softmax() {
    return "row, " + bits();
  }

  static String attention() {
    return "tiled, queries along the lanes, " + bits();
  }

  private static String bits() {
    return MachineLimits.vectorBits() + " bits";
  }
}
