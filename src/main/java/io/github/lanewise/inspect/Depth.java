package io.github.lanewise.inspect;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Whether heads differ with depth: means of each layer, and tests over all heads.
 *
 * @param layers the means, first layer first
 * @param distance the mean distance of heads, in tokens
 * @param entropy the mean entropy of heads as a share of that of uniform attention
 */
public record Depth(List<Layer> layers, Trend distance, Trend entropy) {
  /** Four tests are made, two a quantity: each must be this sure for all to be 95 % sure. */
  public static final double ALPHA = 0.05 / 4;

  private static final int THIRDS = 3;

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

  /**
   * How a quantity changes with depth.
   *
   * @param what to call it
   * @param unit what it is measured in
   * @param means of the early, middle and deep third of the layers
   * @param thirds whether the three differ
   * @param order whether it rises or falls from layer to layer
   */
  public record Trend(
      String what, String unit, List<Double> means, GroupTest thirds, Spearman order) {
    /** What the figures show, and no more. */
    public String sentence() {
      boolean differ = thirds.pValue() < ALPHA;
      String trend = "with no trend from layer to layer";
      if (order.pValue() < ALPHA) {
        trend = order.rho() > 0 ? "rising with depth" : "falling with depth";
      }
      return String.format(
          Locale.ROOT,
          "%s: early %.2f, middle %.2f, deep %.2f%s; the figures %s that the three differ"
              + " (Kruskal-Wallis, p = %.4f), %s (Spearman %+.2f, p = %.4f).",
          what,
          means.get(0),
          means.get(1),
          means.get(2),
          unit.isEmpty() ? "" : " " + unit,
          differ ? "show" : "do not show",
          thirds.pValue(),
          trend,
          order.rho(),
          order.pValue());
    }
  }

  /**
   * Compares the layers of a model.
   *
   * @throws IllegalArgumentException if there are fewer than three layers: no early, middle, deep
   */
  public static Depth of(List<HeadProfile> heads) {
    int count = heads.stream().mapToInt(HeadProfile::layer).max().orElse(-1) + 1;
    if (count < THIRDS) {
      throw new IllegalArgumentException("there are " + count + " layers, must be 3 at least");
    }
    List<Layer> layers = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      int index = layer;
      layers.add(layer(heads.stream().filter(head -> head.layer() == index).toList()));
    }
    return new Depth(
        List.copyOf(layers),
        trend("Mean distance", "tokens", heads, count, head -> head.statistics().distance()),
        trend("Entropy as a share of uniform", "", heads, count, Depth::entropyShare));
  }

  /** What the figures show of both, and no more. */
  public String sentence() {
    return distance.sentence() + " " + entropy.sentence();
  }

  private static Trend trend(
      String what,
      String unit,
      List<HeadProfile> heads,
      int layers,
      ToDoubleFunction<HeadProfile> value) {
    int[] thirds = heads.stream().mapToInt(head -> head.layer() * THIRDS / layers).toArray();
    double[] depths = heads.stream().mapToDouble(HeadProfile::layer).toArray();
    double[] values = heads.stream().mapToDouble(value).toArray();
    List<Double> means = new ArrayList<>();
    for (int third = 0; third < THIRDS; third++) {
      int index = third;
      means.add(
          mean(heads.stream().filter(h -> h.layer() * THIRDS / layers == index).toList(), value));
    }
    return new Trend(
        what,
        unit,
        List.copyOf(means),
        GroupTest.of(thirds, values, THIRDS),
        Spearman.of(depths, values));
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
}
