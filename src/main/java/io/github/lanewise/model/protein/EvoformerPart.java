package io.github.lanewise.model.protein;

import io.github.lanewise.model.PassPart;

/** Parts of an Evoformer's forward pass: the supplement's algorithms 7 to 15. */
public enum EvoformerPart implements PassPart {
  /** Algorithm 7. */
  MSA_ROW_ATTENTION("MSARowAttentionWithPairBias"),
  /** Algorithm 8. */
  MSA_COLUMN_ATTENTION("MSAColumnAttention"),
  /** Algorithm 9. */
  MSA_TRANSITION("MSATransition"),
  /** Algorithm 10. */
  OUTER_PRODUCT_MEAN("OuterProductMean"),
  /** Algorithm 11. */
  TRIANGLE_OUTGOING("TriangleMultiplicationOutgoing"),
  /** Algorithm 12. */
  TRIANGLE_INCOMING("TriangleMultiplicationIncoming"),
  /** Algorithm 13. */
  TRIANGLE_STARTING("TriangleAttentionStartingNode"),
  /** Algorithm 14. */
  TRIANGLE_ENDING("TriangleAttentionEndingNode"),
  /** Algorithm 15. */
  PAIR_TRANSITION("PairTransition");

  private final String label;

  EvoformerPart(String label) {
    this.label = label;
  }

  @Override
  public String label() {
    return label;
  }
}
