package io.github.lanewise.model.seq2seq;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ConfigFile;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.Origin;
import io.github.lanewise.model.StackJson;
import java.nio.file.Path;

/**
 * An encoder-decoder. Read from JSON of kind {@code encoder-decoder}; {@code models/schema.json}
 * describes the file.
 *
 * @param name what to call the model
 * @param encoder its layers over the source; without a table of tokens
 * @param decoder its layers over the target, which look at the encoder's states, and the table of
 *     tokens that both look up in
 * @param inputs what the encoder is given
 * @param startToken what decoding begins with
 * @param endToken what it ends with
 * @param origin where the shape was published, and what of it is assumed, for people
 */
public record Seq2SeqConfig(
    String name,
    ModelConfig encoder,
    ModelConfig decoder,
    Inputs inputs,
    int startToken,
    int endToken,
    Origin origin) {
  /** The value of {@code kind}. */
  public static final String KIND = "encoder-decoder";

  /** What an encoder is given. */
  public enum Inputs {
    /** Token ids. */
    TOKENS,
    /** Vectors as wide as the layers, made by something else: from sound, say. */
    FEATURES
  }

  /**
   * Checks the values and their agreement.
   *
   * @throws IllegalArgumentException naming the JSON key, its value and what is allowed
   */
  public Seq2SeqConfig {
    if (!decoder.attention().cross() || encoder.dModel() != decoder.dModel()) {
      throw new IllegalArgumentException(
          "decoder is of width %d, must look at the states of an encoder of width %d"
              .formatted(decoder.dModel(), encoder.dModel()));
    }
    requireToken("startToken", startToken, decoder);
    requireToken("endToken", endToken, decoder);
  }

  /**
   * Reads a config.
   *
   * @throws io.github.lanewise.model.ConfigException if there is no such file, it is not JSON, or a
   *     key or value is not allowed
   */
  public static Seq2SeqConfig load(Path file) {
    return ConfigFile.read(file, Seq2SeqConfig::of);
  }

  /** Reads a config from memory, as {@link #load} does; {@code file} is for messages. */
  public static Seq2SeqConfig parse(String file, byte[] json) {
    return ConfigFile.parse(file, json, Seq2SeqConfig::of);
  }

  private static Seq2SeqConfig of(JsonObject json) {
    StackJson.allow(json, "startToken", "endToken");
    json.choice("kind", KIND);
    JsonObject encoder = json.object("encoder");
    encoder.allow("inputs", "layers", "contextWindow", "position");
    ModelConfig decoder = StackJson.decoder(json, json.object("decoder"));
    return new Seq2SeqConfig(
        json.text("name"),
        StackJson.encoder(json, encoder),
        decoder,
        encoder.has("inputs") ? encoder.constant("inputs", Inputs.values()) : Inputs.TOKENS,
        json.whole("startToken", 0, decoder.vocabulary() - 1),
        json.whole("endToken", 0, decoder.vocabulary() - 1),
        StackJson.origin(json));
  }

  private static void requireToken(String key, int token, ModelConfig decoder) {
    if (token < 0 || token >= decoder.vocabulary()) {
      throw new IllegalArgumentException(
          "%s is %d, must be a whole number from 0 to %d"
              .formatted(key, token, decoder.vocabulary() - 1));
    }
  }

  /**
   * This architecture with at most the first {@code most} layers of each stack.
   *
   * @throws IllegalArgumentException if {@code most} is not positive
   */
  public Seq2SeqConfig withLayers(int most) {
    return new Seq2SeqConfig(
        name,
        encoder.withLayers(Math.min(most, encoder.layers())),
        decoder.withLayers(Math.min(most, decoder.layers())),
        inputs,
        startToken,
        endToken,
        origin);
  }

  /** Layers of the deeper stack. */
  public int layers() {
    return Math.max(encoder.layers(), decoder.layers());
  }
}
