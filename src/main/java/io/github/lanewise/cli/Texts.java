package io.github.lanewise.cli;

/** Texts of users, as reports show them. */
final class Texts {
  private Texts() {}

  /** On one line, of {@code most} characters at most, its end replaced by an ellipsis. */
  static String shortened(String text, int most) {
    StringBuilder shown = new StringBuilder();
    int count = 0;
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      i += Character.charCount(character);
      if (++count == most && i < text.length()) {
        return shown.append('…').toString();
      }
      // Control characters and broken halves would act on the terminal.
      shown.appendCodePoint(isShown(character) ? character : ' ');
    }
    return shown.toString();
  }

  private static boolean isShown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
