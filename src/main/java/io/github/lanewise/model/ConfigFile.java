package io.github.lanewise.model;

import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An architecture config as a file, whatever its kind: each kind has a package with a config of its
 * own, which reads its keys from here. Everything wrong is a {@link ConfigException} that names the
 * file.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * What a config says it is: the value of its {@code kind}, or null if it is of a Hugging Face
   * folder, which {@link ModelConfig#load} knows.
   *
   * @throws ConfigException if there is no such file, it is not JSON, or {@code kind} is no text
   */
  public static @Nullable String kind(Path file) {
    if (file.resolve(HuggingFaceConfig.FILE).toFile().exists()) {
      return null;
    }
    return read(
        file, json -> json.has(HuggingFaceConfig.MODEL_TYPE) ? null : json.optionalText("kind"));
  }

  /**
   * Reads a config.
   *
   * @param reader makes of it what it says; wrong keys and values are {@link
   *     IllegalArgumentException}s
   * @throws ConfigException if there is no such file, it is not JSON, or the reader refuses it
   */
  @SuppressWarnings("exports") // for the kinds of this module; applications call their load
  public static <T extends @Nullable Object> T read(Path file, Function<JsonObject, T> reader) {
    return parse(file.toString(), ConfigLoader.read(file), reader);
  }

  /** Reads a config from memory. */
  @SuppressWarnings("exports") // for the kinds of this module; applications call their load
  public static <T extends @Nullable Object> T parse(
      String file, byte[] json, Function<JsonObject, T> reader) {
    try {
      return reader.apply(JsonFile.parse(json));
    } catch (IllegalArgumentException wrong) {
      throw new ConfigException(file, String.valueOf(wrong.getMessage()));
    }
  }
}
