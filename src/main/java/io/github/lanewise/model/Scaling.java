package io.github.lanewise.model;

/**
 * What is done to numbers on their way into the layers and out of the model.
 *
 * @param embedding factor of the token embeddings; √dModel in Gemma, 1 for none
 * @param logits factor of the last hidden states on their way to the logits; 1/√dModel in T5, 1 for
 *     none
 * @param logitSoftcap c: logits become {@code c·tanh(logit / c)} (Gemma 2); 0 for none
 */
public record Scaling(double embedding, double logits, double logitSoftcap) {
  /** Nothing. */
  public static final Scaling NONE = new Scaling(1, 1, 0);

  /** Checks the values. */
  public Scaling {
    Checks.between("embeddingScale", embedding, 1e-6, 1e6);
    Checks.between("logitScale", logits, 1e-6, 1e6);
    if (logitSoftcap != 0) {
      Checks.between("logitSoftcap", logitSoftcap, 1e-6, 1e6);
    }
  }
}
