package io.github.lanewise.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads one JSON object key by key. Everything wrong is an {@link IllegalArgumentException} that
 * names the key with its path, its value and what is allowed.
 */
public final class JsonObject {
  private static final int LONGEST_NAME = 200;

  private final ObjectNode node;
  private final String path;

  JsonObject(ObjectNode node) {
    this(node, "");
  }

  private JsonObject(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** Refuses keys that are not among {@code keys}. */
  public void allow(String... keys) {
    List<String> allowed = List.of(keys);
    for (String key : node.propertyNames()) {
      if (!allowed.contains(key)) {
        String value = JsonText.abbreviated(node.get(key).toString());
        String guess = Spelling.nearest(key, allowed);
        throw new IllegalArgumentException(
            "unknown key "
                + name(key)
                + " = "
                + value
                + (guess == null
                    ? "; allowed: " + String.join(", ", allowed)
                    : "; did you mean " + name(guess) + "?"));
      }
    }
  }

  /** Whether the key is there, whatever its value. */
  public boolean has(String key) {
    return node.has(key);
  }

  /** Whether the key is there and its value is null. */
  public boolean isNull(String key) {
    return has(key) && node.get(key).isNull();
  }

  /** The object at a key. */
  public JsonObject object(String key) {
    if (required(key, "an object {...}") instanceof ObjectNode object) {
      return new JsonObject(object, path + key + ".");
    }
    throw wrong(key, "an object {...}");
  }

  /** The objects in the list at a key. */
  public List<JsonObject> objects(String key) {
    String allowed = "a list of objects [{...}, ...]";
    if (!(required(key, allowed) instanceof ArrayNode list)) {
      throw wrong(key, allowed);
    }
    return each(list, path + key, allowed);
  }

  /** The objects in a list, which {@code name} names. */
  static List<JsonObject> each(ArrayNode list, String name, String allowed) {
    List<JsonObject> objects = new ArrayList<>();
    for (JsonNode element : list) {
      if (!(element instanceof ObjectNode object)) {
        throw new IllegalArgumentException(
            (name.isEmpty() ? "" : JsonText.abbreviated(name) + " ")
                + "is "
                + JsonText.abbreviated(list.toString())
                + ", must be "
                + allowed);
      }
      objects.add(new JsonObject(object, name + "[" + objects.size() + "]."));
    }
    return objects;
  }

  /** A text of 1 to 200 characters. */
  public String text(String key) {
    String allowed = "a text in quotes of 1 to " + LONGEST_NAME + " characters";
    JsonNode value = required(key, allowed);
    if (!value.isString()) {
      throw wrong(key, allowed);
    }
    String text = value.stringValue();
    int length = text.codePointCount(0, text.length());
    if (length < 1 || length > LONGEST_NAME) {
      throw wrong(key, allowed);
    }
    return text;
  }

  /** The same, or null without the key. */
  public @Nullable String optionalText(String key) {
    return has(key) ? text(key) : null;
  }

  /** True or false; false when absent. */
  public boolean flag(String key) {
    if (!has(key)) {
      return false;
    }
    JsonNode value = node.get(key);
    if (!value.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return value.booleanValue();
  }

  /** A whole number of {@code least} to {@code most}; like JSON Schema, takes 12.0 for 12. */
  public int whole(String key, int least, int most) {
    String allowed = "a whole number from " + least + " to " + most;
    double value = value(key, allowed);
    if (value != Math.rint(value) || value < least || value > most) {
      throw wrong(key, allowed);
    }
    return (int) value;
  }

  /** Any finite number. */
  public double number(String key) {
    return value(key, "a number");
  }

  /** A list of {@code count} finite numbers. */
  public double[] numbers(String key, int count) {
    String allowed = "a list of " + count + " numbers";
    if (!(required(key, allowed) instanceof ArrayNode list) || list.size() != count) {
      throw wrong(key, allowed);
    }
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      JsonNode element = list.get(i);
      numbers[i] = element.isNumber() ? element.numberValue().doubleValue() : Double.NaN;
      if (!Double.isFinite(numbers[i])) {
        throw wrong(key, allowed);
      }
    }
    return numbers;
  }

  private double value(String key, String allowed) {
    JsonNode value = required(key, allowed);
    // Unlike doubleValue(), this takes whole numbers of any length.
    double number = value.isNumber() ? value.numberValue().doubleValue() : Double.NaN;
    if (!Double.isFinite(number)) {
      throw wrong(key, allowed);
    }
    return number;
  }

  /** One of {@code choices}. */
  public String choice(String key, String... choices) {
    String allowed =
        Arrays.stream(choices).map(c -> '"' + c + '"').collect(Collectors.joining(", "));
    allowed = choices.length == 1 ? allowed : "one of " + allowed;
    JsonNode value = required(key, allowed);
    if (!value.isString() || !List.of(choices).contains(value.stringValue())) {
      throw wrong(key, allowed);
    }
    return value.stringValue();
  }

  /** The constant whose name in lower case is the value. */
  public <E extends Enum<E>> E constant(String key, E[] constants) {
    String[] choices =
        Arrays.stream(constants)
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .toArray(String[]::new);
    return constants[List.of(choices).indexOf(choice(key, choices))];
  }

  /** The constants of a list of 1 to {@code most} texts, each as in {@link #constant}. */
  public <E extends Enum<E>> List<E> constants(String key, int most, E[] constants) {
    List<String> names =
        Arrays.stream(constants).map(constant -> constant.name().toLowerCase(Locale.ROOT)).toList();
    String allowed =
        names.stream()
            .map(name -> '"' + name + '"')
            .collect(Collectors.joining(", ", "a list of 1 to " + most + " of ", ""));
    if (!(required(key, allowed) instanceof ArrayNode list)
        || list.isEmpty()
        || list.size() > most) {
      throw wrong(key, allowed);
    }
    List<E> values = new ArrayList<>();
    for (JsonNode element : list) {
      int index = element.isString() ? names.indexOf(element.stringValue()) : -1;
      if (index < 0) {
        throw wrong(key, allowed);
      }
      values.add(constants[index]);
    }
    return values;
  }

  /** A key with those of the objects around it, for messages. */
  public String path(String key) {
    return name(key);
  }

  private JsonNode required(String key, String allowed) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw new IllegalArgumentException(name(key) + " is missing, must be " + allowed);
    }
    return value;
  }

  private IllegalArgumentException wrong(String key, String allowed) {
    String value = JsonText.abbreviated(node.get(key).toString());
    return new IllegalArgumentException(name(key) + " is " + value + ", must be " + allowed);
  }

  private String name(String key) {
    return JsonText.abbreviated(path + key);
  }
}
