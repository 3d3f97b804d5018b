package io.github.lanewise.model;

import io.github.lanewise.format.FormatException;
import io.github.lanewise.format.JsonText;
import java.io.Serial;

/**
 * A weight file that cannot be used, or not for this architecture. The message is one line that
 * names the file, the tensor, what it is and what it must be.
 */
public final class WeightsException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  WeightsException(String file, String problem) {
    super(JsonText.oneLine(file) + ": " + problem);
  }

  WeightsException(FormatException wrong) {
    super(wrong.getMessage(), wrong);
  }
}
