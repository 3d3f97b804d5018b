package io.github.lanewise.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The architecture configs that come with the project. */
final class Models {
  static final Path FOLDER = Path.of("models");

  private Models() {}

  static ModelConfig load(String name) {
    return ModelConfig.load(FOLDER.resolve(name + ".json"));
  }

  static String json(String name) {
    try {
      return Files.readString(FOLDER.resolve(name + ".json"));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Those that {@link ModelConfig} describes. */
  static List<Path> files() {
    return all().stream()
        .filter(f -> List.of("decoder", "encoder").contains(ConfigFile.kind(f)))
        .toList();
  }

  /** Those of every kind. */
  static List<Path> all() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(f -> !f.endsWith("schema.json")).sorted().toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
