package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;

/** What to call a token where people look: its part of the text, which they know. */
final class TokenLabels {
  private static final String CONTINUES = "##";

  private TokenLabels() {}

  /** The label: the vocabulary's entry only where there is no text to show. */
  static String of(Token token, String text) {
    if (token.added() || token.begin() == token.end()) {
      return token.text();
    }
    String part = text.substring(token.begin(), token.end()).strip();
    if (part.isEmpty()) {
      return token.text();
    }
    return token.text().startsWith(CONTINUES) ? CONTINUES + part : part;
  }
}
