package io.github.lanewise.tuning;

import io.github.lanewise.format.JsonText;
import java.io.Serial;

/**
 * A tuning file that cannot be used. The message is one line that names the file, the key, its
 * value and what is allowed.
 */
public final class TuningException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * What is wrong with a tuning.
   *
   * @param source where it came from, as {@link Tuning#source()}
   * @param problem names the key, its value and what is allowed
   */
  public TuningException(String source, String problem) {
    super(JsonText.oneLine(source) + ": " + problem);
  }
}
