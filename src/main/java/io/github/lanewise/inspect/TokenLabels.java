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
    if (part.codePoints().allMatch(TokenLabels::isUnseen)) {
      return "U+%04X".formatted(part.codePointAt(0)); // such as the joiner of two emoji
    }
    return token.text().startsWith(CONTINUES) ? CONTINUES + part : part;
  }

  private static boolean isUnseen(int character) {
    return switch (Character.getType(character)) {
      case Character.FORMAT,
          Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> character >= 0xFE00 && character <= 0xFE0F; // variation selectors
    };
  }
}
