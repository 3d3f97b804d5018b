package io.github.lanewise.kernel.attention;

import io.github.lanewise.memory.Matrix;
import java.util.Arrays;
import java.util.List;

/**
 * The definition of scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) and its
 * forms, of one sequence, in double precision.
 *
 * <p>Set what applies, then ask for {@link #attend}, {@link #weights} or {@link #logSumExp}. Shapes
 * as in {@code op.Attention}.
 */
public final class AttentionReference {
  /** A number for a head, a query and a key. */
  @FunctionalInterface
  public interface Bias {
    /** What is added to the score; -Infinity hides the key. */
    double of(int head, int query, int key);
  }

  private final int numHeads;
  private final int numKvHeads;
  private final int headDim;
  private int valueDim;
  private double scale;
  private long left = Long.MAX_VALUE / 2;
  private long right = Long.MAX_VALUE / 2;
  private int dilation = 1;
  private double softcap;
  private List<Float> slopes = List.of();
  private List<Float> sinks = List.of();
  private Bias bias = (head, query, key) -> 0;

  /** Full attention with a scale of 1/√headDim. */
  public AttentionReference(int numHeads, int numKvHeads, int headDim) {
    this.numHeads = numHeads;
    this.numKvHeads = numKvHeads;
    this.headDim = headDim;
    valueDim = headDim;
    scale = 1 / Math.sqrt(headDim);
  }

  /** Sets the floats of a value. */
  public AttentionReference valueDim(int newValueDim) {
    valueDim = newValueDim;
    return this;
  }

  /** Sets the factor of the products. */
  public AttentionReference scale(double newScale) {
    scale = newScale;
    return this;
  }

  /** Sets the keys seen before and after a query's own position, and their distance's divisor. */
  public AttentionReference window(long newLeft, long newRight, int newDilation) {
    left = newLeft;
    right = newRight;
    dilation = newDilation;
    return this;
  }

  /** Sets c of c·tanh(s/c), or 0. */
  public AttentionReference softcap(double newSoftcap) {
    softcap = newSoftcap;
    return this;
  }

  /** Sets ALiBi's slopes and the sinks, one a head or none. */
  public AttentionReference perHead(List<Float> newSlopes, List<Float> newSinks) {
    slopes = newSlopes;
    sinks = newSinks;
    return this;
  }

  /** Sets what is added to the scores. */
  public AttentionReference bias(Bias newBias) {
    bias = newBias;
    return this;
  }

  /** The output, {@code [queries][numHeads * valueDim]}; zeros where a query sees no key. */
  public double[][] attend(Matrix q, Matrix k, Matrix v) {
    double[][] out = new double[q.rows()][numHeads * valueDim];
    for (int head = 0; head < numHeads; head++) {
      int kvColumn = kvHead(head) * valueDim;
      double[][] weights = weights(q, k, head);
      for (int i = 0; i < q.rows(); i++) {
        for (int j = 0; j < k.rows(); j++) {
          // Not 0 · v: a hidden value may be NaN.
          for (int d = 0; d < valueDim && weights[i][j] != 0; d++) {
            out[i][head * valueDim + d] += weights[i][j] * v.get(j, kvColumn + d);
          }
        }
      }
    }
    return out;
  }

  /** The weights of one head, {@code [queries][keys]}. */
  public double[][] weights(Matrix q, Matrix k, int head) {
    double[][] weights = new double[q.rows()][];
    for (int i = 0; i < q.rows(); i++) {
      double[] scores = scores(q, k, head, i);
      double sum = logSumExp(scores, head);
      weights[i] =
          Arrays.stream(scores)
              .map(s -> s == Double.NEGATIVE_INFINITY ? 0 : Math.exp(s - sum))
              .toArray();
    }
    return weights;
  }

  /** ln Σ e^score, {@code [queries][numHeads]}. */
  public double[][] logSumExp(Matrix q, Matrix k) {
    double[][] sums = new double[q.rows()][numHeads];
    for (int i = 0; i < q.rows(); i++) {
      for (int head = 0; head < numHeads; head++) {
        sums[i][head] = logSumExp(scores(q, k, head, i), head);
      }
    }
    return sums;
  }

  private double logSumExp(double[] scores, int head) {
    double sink = sinks.isEmpty() ? Double.NEGATIVE_INFINITY : sinks.get(head);
    double max = Math.max(sink, Arrays.stream(scores).max().orElse(sink));
    if (max == Double.NEGATIVE_INFINITY) {
      return max;
    }
    return max
        + Math.log(Math.exp(sink - max) + Arrays.stream(scores).map(s -> Math.exp(s - max)).sum());
  }

  /** The scores of one query; -Infinity where it does not see the key. */
  private double[] scores(Matrix q, Matrix k, int head, int query) {
    double[] scores = new double[k.rows()];
    long position = (long) query + k.rows() - q.rows();
    for (int j = 0; j < scores.length; j++) {
      double added = bias.of(head, query, j);
      boolean seen =
          j >= position - left
              && j <= position + right
              && (j - position) % dilation == 0
              && added != Double.NEGATIVE_INFINITY;
      scores[j] =
          seen
              ? score(q, k, head, query, j) - slope(head) * Math.abs(position - j) + added
              : Double.NEGATIVE_INFINITY;
    }
    return scores;
  }

  private double score(Matrix q, Matrix k, int head, int query, int key) {
    double sum = 0;
    for (int d = 0; d < headDim; d++) {
      sum += (double) q.get(query, head * headDim + d) * k.get(key, kvHead(head) * headDim + d);
    }
    return softcap == 0 ? sum * scale : softcap * Math.tanh(sum * scale / softcap);
  }

  private double slope(int head) {
    return slopes.isEmpty() ? 0 : slopes.get(head);
  }

  private int kvHead(int head) {
    return head / (numHeads / numKvHeads);
  }
}
