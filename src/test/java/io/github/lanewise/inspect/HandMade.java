package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;
import java.util.ArrayList;
import java.util.List;

/** Maps whose every weight is written down. */
final class HandMade {
  private HandMade() {}

  /** [CLS], then pieces that follow each other in the text, then [SEP]. */
  static List<Token> tokens(String text, String... pieces) {
    List<Token> tokens = new ArrayList<>();
    tokens.add(new Token(1, "[CLS]", -1, -1));
    int from = 0;
    for (String piece : pieces) {
      int begin = text.indexOf(piece, from);
      from = begin + piece.length();
      tokens.add(new Token(10 + tokens.size(), piece, begin, from));
    }
    tokens.add(new Token(2, "[SEP]", -1, -1));
    return tokens;
  }

  /** One layer with one head. */
  static AttentionMaps maps(String text, List<Token> tokens, boolean causal, double[][] rows) {
    float[] weights = new float[tokens.size() * tokens.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) rows[i / tokens.size()][i % tokens.size()];
    }
    return new AttentionMaps(
        "hand", text, tokens, text, tokens, causal, 1, new float[][] {weights});
  }
}
