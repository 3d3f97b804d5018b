package io.github.lanewise.inspect;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Whether heads differ with depth: means of each layer, and the rank correlation of layer and head
 * over all heads.
 *
 * @param layers the means, first layer first
 * @param distance correlation of layer and mean distance
 * @param entropy correlation of layer and {@link Layer#entropyShare}
 */
public record Depth(List<Layer> layers, Spearman distance, Spearman entropy) {
  /** Two correlations are tested: each must be this sure, so that both together are 95 % sure. */
  public static final double ALPHA = 0.05 / 2;

  /**
   * Means over the heads of a layer.
   *
   * @param distance mean distance, in tokens
   * @param entropyShare mean entropy as a share of that of uniform attention
   * @param delimiters mean share on delimiters
   * @param kinds how many heads there are of each kind
   */
  public record Layer(
      double distance, double entropyShare, double delimiters, Map<HeadKind, Integer> kinds) {}

  /** Compares the layers of a model. */
  public static Depth of(List<HeadProfile> heads) {
    List<Layer> layers = new ArrayList<>();
    int count = heads.stream().mapToInt(HeadProfile::layer).max().orElse(-1) + 1;
    for (int layer = 0; layer < count; layer++) {
      int index = layer;
      layers.add(layer(heads.stream().filter(head -> head.layer() == index).toList()));
    }
    return new Depth(
        List.copyOf(layers),
        trend(heads, head -> head.statistics().distance()),
        trend(heads, Depth::entropyShare));
  }

  /** What the figures show, and no more. */
  public String sentence() {
    return claim("Mean distance", "tokens", distance, Layer::distance)
        + " "
        + claim("Entropy, as a share of uniform,", "", entropy, Layer::entropyShare);
  }

  private static double entropyShare(HeadProfile head) {
    double uniform = head.statistics().uniformEntropy();
    return uniform == 0 ? 0 : head.statistics().entropy() / uniform;
  }

  private static Layer layer(List<HeadProfile> heads) {
    Map<HeadKind, Integer> kinds = new EnumMap<>(HeadKind.class);
    heads.forEach(head -> kinds.merge(head.kind(), 1, Integer::sum));
    return new Layer(
        mean(heads, head -> head.statistics().distance()),
        mean(heads, Depth::entropyShare),
        mean(heads, head -> head.statistics().delimiters()),
        kinds);
  }

  private static double mean(List<HeadProfile> heads, ToDoubleFunction<HeadProfile> value) {
    return heads.stream().mapToDouble(value).average().orElse(0);
  }

  private static Spearman trend(List<HeadProfile> heads, ToDoubleFunction<HeadProfile> value) {
    return Spearman.of(
        heads.stream().mapToDouble(HeadProfile::layer).toArray(),
        heads.stream().mapToDouble(value).toArray());
  }

  private String claim(String what, String unit, Spearman trend, ToDoubleFunction<Layer> value) {
    String figures =
        String.format(
            Locale.ROOT, "Spearman %+.2f, p = %.4f over all heads", trend.rho(), trend.pValue());
    if (trend.pValue() >= ALPHA) {
      return what + " shows no trend with depth (" + figures + ").";
    }
    int third = Math.max(1, layers.size() / 3);
    return String.format(
        Locale.ROOT,
        "%s %s with depth (%s): first %d layers %.2f, last %d layers %.2f%s.",
        what,
        trend.rho() > 0 ? "rises" : "falls",
        figures,
        third,
        meanOf(layers.subList(0, third), value),
        third,
        meanOf(layers.subList(layers.size() - third, layers.size()), value),
        unit.isEmpty() ? "" : " " + unit);
  }

  private static double meanOf(List<Layer> some, ToDoubleFunction<Layer> value) {
    return some.stream().mapToDouble(value).average().orElse(0);
  }
}
