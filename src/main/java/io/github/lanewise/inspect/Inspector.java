package io.github.lanewise.inspect;

import io.github.lanewise.model.AttentionTracer;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.text.Token;
import io.github.lanewise.text.Tokenizer;
import io.github.lanewise.text.Tokens;
import java.util.List;

/** A model and its tokenizer: from a text to its attention maps. */
public final class Inspector {
  private final AttentionTracer tracer;
  private final Tokenizer tokenizer;

  /**
   * An inspector.
   *
   * @throws IllegalArgumentException if the tokenizer cuts texts into more tokens than the tracer
   *     takes
   */
  public Inspector(AttentionTracer tracer, Tokenizer tokenizer) {
    if (tokenizer.maxTokens() > tracer.maxTokens()) {
      throw new IllegalArgumentException(
          "maxTokens of the tokenizer is %d, must be at most the tracer's %d"
              .formatted(tokenizer.maxTokens(), tracer.maxTokens()));
    }
    this.tracer = tracer;
    this.tokenizer = tokenizer;
  }

  /** The architecture. */
  public ModelConfig config() {
    return tracer.config();
  }

  /**
   * The maps of a text; of its beginning, if it is too long for the model.
   *
   * @throws IllegalArgumentException if the text has no token
   * @throws IllegalStateException if the weights or the runtime are closed
   */
  public AttentionMaps maps(String text) {
    List<Token> tokens = tokenizer.explain(text);
    boolean causal = config().attention().causal();
    return AttentionMaps.of(config().name(), text, tokens, causal, tracer.trace(ids(tokens)));
  }

  /** The tokens of a text, and how many of its end the model does not read. */
  public Tokens tokens(String text) {
    return tokenizer.encode(text);
  }

  /** The model's vectors of the tokens, before any layer and without position. */
  float[][] tokenVectors(AttentionMaps maps) {
    return tracer.tokenVectors(ids(maps.queries()));
  }

  private static int[] ids(List<Token> tokens) {
    return tokens.stream().mapToInt(Token::id).toArray();
  }
}
