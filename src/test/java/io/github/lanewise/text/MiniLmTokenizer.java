package io.github.lanewise.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The real tokenizer of all-MiniLM-L6-v2, out of the jar that the tests depend on. */
final class MiniLmTokenizer {
  static final int VOCABULARY = 30522;

  private MiniLmTokenizer() {}

  /** Writes {@code tokenizer.json} into a folder. */
  static Path file(Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.exists(file)) {
      try (InputStream in =
          Objects.requireNonNull(
              MiniLmTokenizer.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json"))) {
        Files.copy(in, file);
      }
    }
    return file;
  }
}
