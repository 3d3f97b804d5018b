package io.github.lanewise.text;

import io.github.lanewise.format.JsonText;
import java.io.Serial;

/**
 * A tokenizer that cannot be used. The message is one line that names the file and says what is
 * wrong and what is allowed; or the library, if that is what is missing.
 */
public final class TokenizerException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /** Of no file's making: the library's. */
  TokenizerException(String problem) {
    super(JsonText.oneLine(problem));
  }

  TokenizerException(String file, String problem) {
    super(JsonText.oneLine(file + ": " + problem));
  }
}
