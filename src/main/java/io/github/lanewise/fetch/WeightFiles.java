package io.github.lanewise.fetch;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model's files on this machine.
 *
 * @param tensors the weights: {@code *.onnx} or {@code *.safetensors}
 * @param tokenizer a Hugging Face {@code tokenizer.json}
 * @param config a Hugging Face {@code config.json}, or null: the architecture is known otherwise
 */
public record WeightFiles(Path tensors, Path tokenizer, @Nullable Path config) {
  /**
   * The files of a model as Hugging Face publishes it: {@code config.json}, {@code
   * model.safetensors} and {@code tokenizer.json} in one folder.
   *
   * @throws FetchException if the folder or one of the files is missing
   */
  public static WeightFiles inFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new FetchException(folder + ": no such folder, must be one with a model's files");
    }
    return new WeightFiles(
        existing(folder, "model.safetensors"),
        existing(folder, "tokenizer.json"),
        existing(folder, "config.json"));
  }

  private static Path existing(Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new FetchException(
          folder
              + ": has no "
              + name
              + "; a model folder holds config.json, model.safetensors and tokenizer.json");
    }
    return file;
  }
}
