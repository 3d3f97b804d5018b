package io.github.lanewise.model;

import io.github.lanewise.format.JsonText;
import java.io.Serial;

/**
 * An architecture config that cannot be used. The message is one line that names the file, the key,
 * its value and what is allowed.
 */
public final class ConfigException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  ConfigException(String file, String problem) {
    super(JsonText.oneLine(file) + ": " + problem);
  }
}
