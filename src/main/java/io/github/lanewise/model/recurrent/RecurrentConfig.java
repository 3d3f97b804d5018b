package io.github.lanewise.model.recurrent;

import static io.github.lanewise.model.ConfigChecks.between;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ConfigFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A stack of LSTM layers. Read from JSON of kind {@code recurrent}; {@code models/schema.json}
 * describes the file.
 *
 * @param name what to call the model
 * @param layers LSTM layers, each reading the one before
 * @param dModel width of the inputs, of the hidden states and of the cells
 * @param heads of the attention layer of the same width that {@code run} measures beside it; a
 *     divisor of {@code dModel} with at most 256 floats a head
 * @param contextWindow most steps of one forward pass
 * @param source where the shape was published, for people
 */
public record RecurrentConfig(
    String name, int layers, int dModel, int heads, int contextWindow, @Nullable String source) {
  /** The value of {@code kind}. */
  public static final String KIND = "recurrent";

  private static final int MOST_LAYERS = 64;
  private static final int MOST_WIDTH = 1 << 14;
  private static final int MOST_HEADS = 1024;
  private static final int MOST_HEAD_DIM = 256;
  private static final int MOST_STEPS = 1 << 18;

  /**
   * Checks the values and their agreement.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  public RecurrentConfig {
    between("layers", layers, MOST_LAYERS);
    between("dModel", dModel, MOST_WIDTH);
    between("heads", heads, MOST_HEADS);
    between("contextWindow", contextWindow, MOST_STEPS);
    if (dModel % heads != 0 || dModel / heads > MOST_HEAD_DIM) {
      throw new IllegalArgumentException(
          "heads is %d, must divide dModel = %d into heads of at most %d"
              .formatted(heads, dModel, MOST_HEAD_DIM));
    }
  }

  /**
   * Reads a config.
   *
   * @throws io.github.lanewise.model.ConfigException if there is no such file, it is not JSON, or a
   *     key or value is not allowed
   */
  public static RecurrentConfig load(Path file) {
    return ConfigFile.read(file, RecurrentConfig::of);
  }

  /** Reads a config from memory, as {@link #load} does; {@code file} is for messages. */
  public static RecurrentConfig parse(String file, byte[] json) {
    return ConfigFile.parse(file, json, RecurrentConfig::of);
  }

  private static RecurrentConfig of(JsonObject json) {
    json.allow("$schema", "name", "kind", "layers", "dModel", "heads", "contextWindow", "source");
    json.optionalText("$schema");
    json.choice("kind", KIND);
    return new RecurrentConfig(
        json.text("name"),
        json.whole("layers", 1, MOST_LAYERS),
        json.whole("dModel", 1, MOST_WIDTH),
        json.whole("heads", 1, MOST_HEADS),
        json.whole("contextWindow", 1, MOST_STEPS),
        json.optionalText("source"));
  }

  /**
   * This architecture with its first {@code fewer} layers only.
   *
   * @throws IllegalArgumentException unless {@code fewer} is 1 to {@link #layers()}
   */
  public RecurrentConfig withLayers(int fewer) {
    between("layers", fewer, layers);
    return new RecurrentConfig(name, fewer, dModel, heads, contextWindow, source);
  }
}
