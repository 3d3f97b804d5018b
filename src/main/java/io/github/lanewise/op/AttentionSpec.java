package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.PerHead;
import io.github.lanewise.kernel.attention.ScoreRules;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link Attention} computes. Made by {@link #of}, and changed by the methods that return
 * another: {@code AttentionSpec.of(8, 8, 64, true).window(4095, 0).softcap(50)}. Everything may be
 * combined.
 *
 * @param numHeads query heads
 * @param numKvHeads key and value heads; divides {@code numHeads}
 * @param headDim floats of one head of queries and keys, 1 to 256
 * @param valueDim floats of one head of values, 1 to 256
 * @param scale factor of the products, usually 1/√headDim
 * @param left keys before its own position that a query sees, or {@link Attention#UNBOUNDED}
 * @param right keys after its own position that a query sees: 0 is causal, {@link
 *     Attention#UNBOUNDED} all
 * @param dilation d: a query sees only keys whose distance from it is a multiple of d; 1 for all,
 *     {@link Attention#MAX_DILATION} at most
 * @param softcap c: scores become {@code c·tanh(score / c)}, before anything is added to them; 0
 *     for none, or else at least {@link Float#MIN_NORMAL}
 * @param alibiSlopes m for each head: {@code m·|distance|} is taken off the scores (Press et al.
 *     2022); empty for none
 * @param sinks for each head, the score of a further key that every query sees and whose value is
 *     zero: it takes weight and gives nothing (as in gpt-oss); empty for none
 * @param blockMask the blocks of keys that each block of queries sees, or null for all; with a
 *     dilation, of these only every d-th key; a sequence must then not have more queries than keys
 */
public record AttentionSpec(
    int numHeads,
    int numKvHeads,
    int headDim,
    int valueDim,
    float scale,
    int left,
    int right,
    int dilation,
    float softcap,
    List<Float> alibiSlopes,
    List<Float> sinks,
    @Nullable BlockMask blockMask) {
  /** Checks the values. */
  public AttentionSpec {
    AttentionChecks.heads(numHeads, numKvHeads, headDim, valueDim);
    AttentionChecks.withinBase2("scale", scale, 1);
    Checks.notNegative("left", left);
    Checks.notNegative("right", right);
    Checks.positive("dilation", dilation);
    Checks.atMost("dilation", dilation, Attention.MAX_DILATION);
    AttentionChecks.softcap(softcap);
    alibiSlopes = List.copyOf(alibiSlopes);
    sinks = List.copyOf(sinks);
    AttentionChecks.perHead("alibiSlopes", alibiSlopes, numHeads, dilation);
    AttentionChecks.perHead("sinks", sinks, numHeads, 1);
  }

  /** Multi-head attention with the usual scale, 1/√headDim. */
  public static AttentionSpec of(int numHeads, int numKvHeads, int headDim, boolean causal) {
    return new AttentionSpec(
        numHeads,
        numKvHeads,
        headDim,
        headDim,
        (float) (1 / Math.sqrt(headDim)),
        Attention.UNBOUNDED,
        causal ? 0 : Attention.UNBOUNDED,
        1,
        0f,
        List.of(),
        List.of(),
        null);
  }

  /** Whether later keys are hidden. */
  public boolean causal() {
    return right == 0;
  }

  /** With values of another size than keys. */
  public AttentionSpec valueDim(int newValueDim) {
    return with(copy -> copy.valueDim = newValueDim);
  }

  /** With another scale. */
  public AttentionSpec scale(float newScale) {
    return with(copy -> copy.scale = newScale);
  }

  /** With a window: {@code left} keys before a query's own position, {@code right} after it. */
  public AttentionSpec window(int newLeft, int newRight) {
    return with(
        copy -> {
          copy.left = newLeft;
          copy.right = newRight;
        });
  }

  /** With every d-th key only, counted from a query's own position. */
  public AttentionSpec dilation(int newDilation) {
    return with(copy -> copy.dilation = newDilation);
  }

  /** With scores between -c and c. */
  public AttentionSpec softcap(float newSoftcap) {
    return with(copy -> copy.softcap = newSoftcap);
  }

  /** With ALiBi and the slopes of its paper: see {@link AlibiSlopes}. */
  public AttentionSpec alibi() {
    return alibi(AlibiSlopes.of(numHeads));
  }

  /** With ALiBi and these slopes, one a head. */
  public AttentionSpec alibi(List<Float> slopes) {
    return with(copy -> copy.alibiSlopes = slopes);
  }

  /** With sinks, one a head. */
  public AttentionSpec sinks(List<Float> newSinks) {
    return with(copy -> copy.sinks = newSinks);
  }

  /** With a block mask, which must cover the keys of every sequence. */
  public AttentionSpec blockMask(BlockMask newBlockMask) {
    return with(copy -> copy.blockMask = newBlockMask);
  }

  private AttentionSpec with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.made();
  }

  /** What may change from one specification to the next. */
  private static final class Copy {
    private final AttentionSpec from;
    private int valueDim;
    private float scale;
    private int left;
    private int right;
    private int dilation;
    private float softcap;
    private List<Float> alibiSlopes;
    private List<Float> sinks;
    private @Nullable BlockMask blockMask;

    Copy(AttentionSpec from) {
      this.from = from;
      valueDim = from.valueDim;
      scale = from.scale;
      left = from.left;
      right = from.right;
      dilation = from.dilation;
      softcap = from.softcap;
      alibiSlopes = from.alibiSlopes;
      sinks = from.sinks;
      blockMask = from.blockMask;
    }

    AttentionSpec made() {
      return new AttentionSpec(
          from.numHeads,
          from.numKvHeads,
          from.headDim,
          valueDim,
          scale,
          left,
          right,
          dilation,
          softcap,
          alibiSlopes,
          sinks,
          blockMask);
    }
  }

  /** The same for kernels: in base 2, distances in steps of the dilation. */
  ScoreRules rules() {
    return new ScoreRules(
        scale * ScoreRules.LOG2_E,
        softcap * ScoreRules.LOG2_E,
        PerHead.of(alibiSlopes, -ScoreRules.LOG2_E * dilation),
        PerHead.of(sinks, ScoreRules.LOG2_E),
        blockMask == null ? null : blockMask.pattern());
  }
}
