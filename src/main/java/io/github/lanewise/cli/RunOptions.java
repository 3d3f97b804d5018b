package io.github.lanewise.cli;

import org.jspecify.annotations.Nullable;

/**
 * What the user asked {@code run} for.
 *
 * @param tokens of the sequence; null if not given
 * @param layers the first of the model's; null if not given
 * @param decode tokens to generate; null if not given
 * @param nanos for the warm-up, and again for the measurement
 * @param more what some kinds alone take
 */
record RunOptions(
    CommonOptions common,
    @Nullable Integer tokens,
    @Nullable Integer layers,
    @Nullable Integer decode,
    long seed,
    long nanos,
    KindOptions more) {

  /** Wrong usage if an option is given that means nothing for a kind. */
  void refuse(String option, @Nullable Object value, String kind) {
    if (value != null) {
      throw common.wrongUsage(option + " means nothing for kind \"" + kind + "\"");
    }
  }

  /** The layers to run: all, or as many as asked for. */
  int layersOf(int all, String name) {
    if (layers == null) {
      return all;
    }
    common.between("--layers", layers, 1, all, "the layers of " + name);
    return layers;
  }
}
