package io.github.lanewise.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * From a small, possibly hostile file to a JSON object: within bounded time and memory, or an
 * {@link IllegalArgumentException} that says what is wrong; whoever reads the file adds its name.
 */
public final class JsonFile {
  private static final int MOST_BYTES = 1 << 20;
  private static final int MOST_NESTING = 16;
  private static final int MOST_DIGITS = 100;
  private static final int MOST_CHARACTERS = 10_000;

  /** NaN is let through so that the reader can refuse it with its key. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MOST_NESTING)
                          .maxNumberLength(MOST_DIGITS)
                          .maxStringLength(MOST_CHARACTERS)
                          .maxNameLength(MOST_CHARACTERS)
                          .build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonFile() {}

  /**
   * Reads a file, or as much of it as {@link #parse} needs to see that it is too large.
   *
   * @throws IllegalArgumentException if it cannot be read
   */
  public static byte[] read(Path path) {
    if (Files.isDirectory(path)) {
      throw new IllegalArgumentException("is a folder, must be a JSON file");
    }
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("no such file");
    }
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(MOST_BYTES + 1);
    } catch (AccessDeniedException denied) {
      throw new IllegalArgumentException("may not be read: permission denied");
    } catch (IOException failed) {
      throw new IllegalArgumentException("cannot be read: " + JsonText.oneLine(failed.toString()));
    }
  }

  /**
   * The JSON object in the bytes of a file, UTF-8.
   *
   * @throws IllegalArgumentException if there is none, or if it is beyond the limits
   */
  public static JsonObject parse(byte[] json) {
    String allowed = "a JSON object {...}";
    JsonNode root = root(json, allowed);
    if (root instanceof ObjectNode object) {
      return new JsonObject(object);
    }
    throw new IllegalArgumentException(
        "is " + JsonText.abbreviated(root.toString()) + ", must be " + allowed);
  }

  /**
   * The JSON objects in the list that is a file.
   *
   * @throws IllegalArgumentException as {@link #parse}
   */
  public static List<JsonObject> parseList(byte[] json) {
    String allowed = "a JSON list of objects [{...}, ...]";
    JsonNode root = root(json, allowed);
    if (root instanceof ArrayNode list) {
      return JsonObject.each(list, "", allowed);
    }
    throw new IllegalArgumentException(
        "is " + JsonText.abbreviated(root.toString()) + ", must be " + allowed);
  }

  private static JsonNode root(byte[] json, String allowed) {
    String text = decode(json);
    if (text.isBlank()) {
      throw new IllegalArgumentException("is empty, must hold " + allowed.replace(" {...}", ""));
    }
    try {
      return MAPPER.readTree(text);
    } catch (StreamConstraintsException limit) {
      throw new IllegalArgumentException(
          "%smust not be nested deeper than %d, nor hold numbers over %d digits or texts over %d characters"
              .formatted(at(limit), MOST_NESTING, MOST_DIGITS, MOST_CHARACTERS));
    } catch (JacksonException wrong) {
      throw new IllegalArgumentException(at(wrong) + "not valid JSON: " + reason(wrong));
    }
  }

  private static String decode(byte[] json) {
    if (json.length > MOST_BYTES) {
      throw new IllegalArgumentException("is too large, must be at most " + MOST_BYTES + " bytes");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException wrong) {
      throw new IllegalArgumentException("is not UTF-8 text, must be JSON in UTF-8");
    }
  }

  /** Where, for the beginning of a message. */
  static String at(JacksonException wrong) {
    TokenStreamLocation location = wrong.getLocation();
    return location == null
        ? ""
        : "line %d, column %d: ".formatted(location.getLineNr(), location.getColumnNr());
  }

  /** Jackson's first line, less its advice to programmers. */
  static String reason(JacksonException wrong) {
    String message = String.valueOf(wrong.getOriginalMessage());
    int end = message.indexOf('\n');
    return JsonText.oneLine(end < 0 ? message : message.substring(0, end)).replace('`', '\'');
  }
}
