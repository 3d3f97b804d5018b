package io.github.lanewise.model.vision;

import io.github.lanewise.format.JsonText;
import java.io.Serial;
import java.nio.file.Path;

/** An image file that cannot be used. The message is one line that names the file. */
public final class ImageException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  ImageException(Path file, String problem) {
    super(JsonText.oneLine(file + ": " + problem));
  }
}
