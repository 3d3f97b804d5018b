package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;
import java.util.List;

/** Which tokens of a text are words, punctuation, or added by the model. */
final class TokenKinds {
  private enum Kind {
    WORD,
    PUNCTUATION,
    ADDED_BEFORE,
    ADDED_AFTER
  }

  private final Kind[] kinds;

  private TokenKinds(Kind[] kinds) {
    this.kinds = kinds;
  }

  /**
   * Those of a text that attends to itself.
   *
   * @throws IllegalArgumentException if the maps are from one text to another
   */
  static TokenKinds of(AttentionMaps maps) {
    if (!maps.isSelf()) {
      throw new IllegalArgumentException("maps lead from one text to another, must be of one text");
    }
    List<Token> tokens = maps.queries();
    Kind[] kinds = new Kind[tokens.size()];
    boolean begun = false;
    for (int t = 0; t < kinds.length; t++) {
      Token token = tokens.get(t);
      if (token.added()) {
        kinds[t] = begun ? Kind.ADDED_AFTER : Kind.ADDED_BEFORE;
      } else {
        begun = true;
        String text = maps.queryText().substring(token.begin(), token.end());
        kinds[t] = Word.isPunctuation(text) ? Kind.PUNCTUATION : Kind.WORD;
      }
    }
    return new TokenKinds(kinds);
  }

  boolean isAdded(int token) {
    return isAddedBefore(token) || isAddedAfter(token);
  }

  boolean isAddedBefore(int token) {
    return kinds[token] == Kind.ADDED_BEFORE;
  }

  boolean isAddedAfter(int token) {
    return kinds[token] == Kind.ADDED_AFTER;
  }

  boolean isPunctuation(int token) {
    return kinds[token] == Kind.PUNCTUATION;
  }

  boolean isDelimiter(int token) {
    return kinds[token] != Kind.WORD;
  }
}
