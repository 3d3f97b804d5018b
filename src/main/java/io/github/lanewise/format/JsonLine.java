package io.github.lanewise.format;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** One JSON object on one line, for programs that read a command's output. */
public final class JsonLine {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private JsonLine() {}

  /**
   * Writes {@code object}, its keys in the map's order, without a line break.
   *
   * @param object values are strings, booleans, numbers, {@link List}s and maps of the same
   * @throws IllegalArgumentException if a number is NaN or infinite, which JSON cannot say
   */
  public static String of(Map<String, ?> object) {
    requireJson(object);
    return MAPPER.writeValueAsString(object);
  }

  private static void requireJson(Object value) {
    switch (value) {
      case Map<?, ?> map -> map.values().forEach(JsonLine::requireJson);
      case List<?> list -> list.forEach(JsonLine::requireJson);
      case Double number when !Double.isFinite(number) ->
          throw new IllegalArgumentException("a number is " + number + ", must be finite");
      default -> {
        // Jackson knows the others.
      }
    }
  }
}
