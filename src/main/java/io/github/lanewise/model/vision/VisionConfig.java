package io.github.lanewise.model.vision;

import static io.github.lanewise.model.ConfigChecks.between;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ConfigFile;
import io.github.lanewise.model.ModelConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A vision transformer (Dosovitskiy et al. 2021). Read from JSON of kind {@code vision}; {@code
 * models/schema.json} describes the file.
 *
 * @param name what to call the model
 * @param imageSize pixels of an image's side, to which it is resized
 * @param patchSize pixels of a patch's side, a divisor of {@code imageSize}
 * @param classes scores that the head gives
 * @param pixels how pixels become numbers
 * @param encoder the layers over class token and patches; its vocabulary is the class token alone
 * @param source where the shape was published, for people
 */
public record VisionConfig(
    String name,
    int imageSize,
    int patchSize,
    int classes,
    Pixels pixels,
    ModelConfig encoder,
    @Nullable String source) {
  /** The value of {@code kind}. */
  public static final String KIND = "vision";

  /** Red, green and blue. */
  public static final int CHANNELS = 3;

  private static final int MOST_PIXELS = 2048;
  private static final int MOST_CLASSES = 1 << 20;

  /**
   * What is taken off a channel's values, which are from 0 to 1, and what they are divided by then.
   *
   * @param mean of red, green and blue
   * @param std of red, green and blue
   */
  public record Pixels(Rgb mean, Rgb std) {
    /** Dividing by less would leave no number that a sum of squares can hold. */
    private static final double LEAST_STD = 1e-6;

    /** Checks the values. */
    public Pixels {
      if (!(std.red >= LEAST_STD && std.green >= LEAST_STD && std.blue >= LEAST_STD)) {
        throw new IllegalArgumentException("std is " + std + ", must be at least " + LEAST_STD);
      }
    }
  }

  /** A number for each channel. */
  public record Rgb(double red, double green, double blue) {
    double of(int channel) {
      return channel == 0 ? red : channel == 1 ? green : blue;
    }

    @Override
    public String toString() {
      return "[" + red + ", " + green + ", " + blue + "]";
    }
  }

  /**
   * Checks the values and their agreement.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  public VisionConfig {
    between("imageSize", imageSize, MOST_PIXELS);
    between("patchSize", patchSize, imageSize);
    between("classes", classes, MOST_CLASSES);
    if (imageSize % patchSize != 0) {
      throw new IllegalArgumentException(
          "patchSize is " + patchSize + ", must divide imageSize = " + imageSize);
    }
    int rows = tokens(imageSize, patchSize);
    if (encoder.contextWindow() != rows || encoder.vocabulary() != 1) {
      throw new IllegalArgumentException(
          "encoder has vocabulary %d and contextWindow %d, must have 1 and %d"
              .formatted(encoder.vocabulary(), encoder.contextWindow(), rows));
    }
  }

  /**
   * Reads a config.
   *
   * @throws io.github.lanewise.model.ConfigException if there is no such file, it is not JSON, or a
   *     key or value is not allowed
   */
  public static VisionConfig load(Path file) {
    return ConfigFile.read(file, VisionConfig::of);
  }

  /** Reads a config from memory, as {@link #load} does; {@code file} is for messages. */
  public static VisionConfig parse(String file, byte[] json) {
    return ConfigFile.parse(file, json, VisionConfig::of);
  }

  private static VisionConfig of(JsonObject json) {
    json.allow(
        "$schema",
        "name",
        "kind",
        "imageSize",
        "patchSize",
        "mean",
        "std",
        "layers",
        "heads",
        "dModel",
        "feedForward",
        "epsilon",
        "classes",
        "source");
    json.optionalText("$schema");
    json.choice("kind", KIND);
    int imageSize = json.whole("imageSize", 1, MOST_PIXELS);
    int patchSize = json.whole("patchSize", 1, imageSize);
    return new VisionConfig(
        json.text("name"),
        imageSize,
        patchSize,
        json.whole("classes", 1, MOST_CLASSES),
        new Pixels(rgb(json, "mean"), rgb(json, "std")),
        encoder(json, tokens(imageSize, patchSize)),
        json.optionalText("source"));
  }

  private static Rgb rgb(JsonObject json, String key) {
    double[] values = json.numbers(key, CHANNELS);
    return new Rgb(values[0], values[1], values[2]);
  }

  /**
   * The layers: normalised before, GELU, biases everywhere, every row sees all. The encoder's own
   * loader checks what is left to check.
   */
  private static ModelConfig encoder(JsonObject json, int rows) {
    int layers = json.whole("layers", 1, 1024);
    int heads = json.whole("heads", 1, 1024);
    int dModel = json.whole("dModel", 1, 1 << 17);
    int feedForward = json.whole("feedForward", 1, 1 << 20);
    double epsilon = json.number("epsilon");
    if (dModel % heads != 0 || dModel / heads > 256) {
      throw new IllegalArgumentException(
          "heads is %d, must divide dModel = %d into heads of at most 256"
              .formatted(heads, dModel));
    }
    if (!(epsilon >= 1e-20 && epsilon <= 1)) {
      throw new IllegalArgumentException(
          "epsilon is " + epsilon + ", must be a number from 1.0E-20 to 1.0");
    }
    return ModelConfig.parse(
        "encoder",
        String.format(
                Locale.ROOT,
                """
        {"name": "layers", "kind": "encoder", "layers": %d, "heads": %d, "dModel": %d,
         "feedForward": %d, "vocabulary": 1, "contextWindow": %d, "position": {"type": "learned"},
         "norm": {"type": "layer", "placement": "pre", "epsilon": %s}, "activation": "gelu",
         "attention": {"type": "full"}, "bias": {"qkv": true, "output": true, "feedForward": true}}
        """,
                layers,
                heads,
                dModel,
                feedForward,
                rows,
                epsilon)
            .getBytes(StandardCharsets.UTF_8));
  }

  /**
   * This architecture with its first {@code fewer} layers only.
   *
   * @throws IllegalArgumentException unless {@code fewer} is 1 to the encoder's layers
   */
  public VisionConfig withLayers(int fewer) {
    return new VisionConfig(
        name, imageSize, patchSize, classes, pixels, encoder.withLayers(fewer), source);
  }

  /** Patches of an image. */
  public int patches() {
    return (imageSize / patchSize) * (imageSize / patchSize);
  }

  /** Numbers of a patch: its pixels in all channels. */
  public int patchWidth() {
    return CHANNELS * patchSize * patchSize;
  }

  /** The class token and the patches. */
  private static int tokens(int imageSize, int patchSize) {
    return 1 + (imageSize / patchSize) * (imageSize / patchSize);
  }
}
