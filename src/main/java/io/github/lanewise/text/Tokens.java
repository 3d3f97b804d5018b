package io.github.lanewise.text;

/**
 * A text as a model reads it.
 *
 * @param ids token ids, those that the model adds around a text (such as {@code [CLS]} and {@code
 *     [SEP]}) included; at least those, at most {@link Tokenizer#maxTokens}. The array is the
 *     caller's own
 * @param dropped how many tokens of the text's end did not fit; 0 if the text is whole
 */
public record Tokens(int[] ids, int dropped) {
  /** Whether the text was too long, so that its end is missing. */
  public boolean truncated() {
    return dropped > 0;
  }
}
