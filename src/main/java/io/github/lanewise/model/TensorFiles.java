package io.github.lanewise.model;

import io.github.lanewise.format.FormatException;
import io.github.lanewise.format.OnnxFile;
import io.github.lanewise.format.SafetensorsFile;
import io.github.lanewise.format.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Opens weight files by their names. */
final class TensorFiles {
  private static final String IN_FOLDER = "model.safetensors";

  private TensorFiles() {}

  static TensorFile open(Path path) {
    if (Files.isDirectory(path)) {
      Path inside = path.resolve(IN_FOLDER);
      if (!Files.exists(inside)) {
        throw new FormatException(path.toString(), "is a folder without " + IN_FOLDER);
      }
      return SafetensorsFile.open(inside);
    }
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      return SafetensorsFile.open(path);
    }
    if (name.endsWith(".onnx")) {
      return OnnxFile.open(path);
    }
    throw new FormatException(
        path.toString(), "must be a folder, or a file that ends in .safetensors or .onnx");
  }
}
