package io.github.lanewise.cli;

import io.github.lanewise.memory.Storage;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code run} that say how a decoder or an encoder is kept; to be used as a mixin. */
final class PlanOptions {
  private static final int MOST_CHUNK = 1 << 16;

  /** Prompts of more tokens than this run in parts of {@link #USUAL_CHUNK}. */
  private static final int LONG_PROMPT = 8192;

  private static final int USUAL_CHUNK = 512;

  @Option(
      names = "--storage",
      paramLabel = "TYPE",
      description = "Weights in f32, bf16 or f16. Default: f32 if that fits, else bf16.")
  private @Nullable String storage;

  @Option(
      names = "--cache-storage",
      paramLabel = "TYPE",
      description = "Keys and values in f32, bf16 or f16. Default: f32.")
  private @Nullable String cacheStorage;

  @Option(
      names = "--share-layer",
      description = "All layers use the weights of the first: measures time, and is not a model.")
  private boolean shareLayer;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description =
          "Tokens of the prompt that a decoder takes at once. Default: all up to 8192, else 512.")
  private @Nullable Integer chunk;

  @Option(
      names = "--estimate",
      description = "Predict time and memory from this machine's limits, and do not run.")
  private boolean estimate;

  /** Made by picocli. */
  PlanOptions() {}

  /** Storage of the weights, or null if it was left to the plan. */
  @Nullable Storage storage(CommonOptions common) {
    return parse(common, "--storage", storage);
  }

  /** Storage of the cache, or null for the usual. */
  @Nullable Storage cacheStorage(CommonOptions common) {
    return parse(common, "--cache-storage", cacheStorage);
  }

  boolean shareLayer() {
    return shareLayer;
  }

  boolean estimate() {
    return estimate;
  }

  /** Tokens that one forward pass takes of a prompt of {@code tokens}. */
  int chunk(CommonOptions common, int tokens) {
    if (chunk == null) {
      return usualChunk(tokens);
    }
    common.between("--chunk", chunk, 1, MOST_CHUNK, "");
    return Math.min(chunk, tokens);
  }

  /** Tokens that one forward pass takes of a prompt of {@code tokens}, unless told otherwise. */
  static int usualChunk(int tokens) {
    return tokens > LONG_PROMPT ? USUAL_CHUNK : tokens;
  }

  /** Whether any is given. */
  boolean isGiven() {
    return given().values().stream().anyMatch(value -> value);
  }

  /** Wrong usage if one is given, for what {@code model} is. */
  void refuse(CommonOptions common, String model, String... options) {
    Map<String, Boolean> given = given();
    for (String option : options.length == 0 ? given.keySet().toArray(new String[0]) : options) {
      if (Boolean.TRUE.equals(given.get(option))) {
        throw common.wrongUsage(option + " means nothing for " + model);
      }
    }
  }

  private Map<String, Boolean> given() {
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--storage", storage != null);
    given.put("--cache-storage", cacheStorage != null);
    given.put("--share-layer", shareLayer);
    given.put("--chunk", chunk != null);
    given.put("--estimate", estimate);
    return given;
  }

  private static @Nullable Storage parse(
      CommonOptions common, String option, @Nullable String value) {
    if (value == null) {
      return null;
    }
    for (Storage known : Storage.values()) {
      if (key(known).equals(value)) {
        return known;
      }
    }
    throw common.wrongUsage(option + " is " + value + ", must be f32, bf16 or f16");
  }

  /** As users write it. */
  static String key(Storage storage) {
    return storage.name().toLowerCase(Locale.ROOT);
  }
}
