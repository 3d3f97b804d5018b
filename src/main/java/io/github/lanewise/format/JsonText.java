package io.github.lanewise.format;

import tools.jackson.databind.json.JsonMapper;

/** How text from a file is shown in a message: on one line, and not too long. */
public final class JsonText {
  private static final int LONGEST_VALUE = 60;

  private JsonText() {}

  /** {@code text} with control characters, line separators and lone surrogates made visible. */
  public static String oneLine(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              boolean hidden =
                  type == Character.CONTROL
                      || type == Character.FORMAT
                      || type == Character.LINE_SEPARATOR
                      || type == Character.PARAGRAPH_SEPARATOR
                      || type == Character.SURROGATE;
              if (hidden) {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }

  /** {@code text} as a JSON string, in quotes. */
  public static String quoted(String text) {
    return JsonMapper.shared().writeValueAsString(text);
  }

  /** {@link #oneLine} of at most some sixty characters. */
  public static String abbreviated(String text) {
    boolean tooLong = text.length() > LONGEST_VALUE;
    return oneLine(tooLong ? text.substring(0, LONGEST_VALUE - 3) : text) + (tooLong ? "..." : "");
  }
}
