package io.github.lanewise.format;

import java.io.Serial;

/**
 * A weight file that cannot be used. The message is one line that names the file, the tensor or
 * offset, the value and what is allowed.
 */
public final class FormatException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * @param file the file, as the user knows it
   * @param problem what is wrong with it, and what would be right
   */
  public FormatException(String file, String problem) {
    super(JsonText.oneLine(file) + ": " + problem);
  }
}
