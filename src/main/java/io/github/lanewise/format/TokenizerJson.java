package io.github.lanewise.format;

import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Looks through a Hugging Face {@code tokenizer.json}, possibly hostile, in one pass: the library
 * that is to read it ends the whole process over some files, so those are refused here. Everything
 * wrong is an {@link IllegalArgumentException}; whoever reads the file adds its name.
 */
public final class TokenizerJson {
  private static final int MOST_NESTING = 32;
  private static final int MOST_CHARACTERS = 100_000;
  private static final int MOST_ADDED = 20_000;
  private static final int MOST_PART = 1_000_000;

  /** The longest word that WordPiece may be told to look up, in characters. */
  public static final int MOST_WORD = 1000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MOST_NESTING)
                          .maxStringLength(MOST_CHARACTERS)
                          .maxNameLength(MOST_CHARACTERS)
                          .build())
                  // Names of tokens come once each: nothing to gain from remembering them.
                  .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final String json;
  private final Set<String> keys = new HashSet<>();
  private final Set<String> modelKeys = new HashSet<>();
  private String modelType = "";
  private String prefix = "";
  private long largestId = -1;
  private boolean vocabulary;

  private TokenizerJson(String json) {
    this.json = json;
  }

  /**
   * Checks a file.
   *
   * @param json what it holds
   * @return the largest token id that it can make
   * @throws IllegalArgumentException if it is not JSON, not a tokenizer of a kind that is known to
   *     be sound, or beyond the limits
   */
  public static int largestId(String json) {
    TokenizerJson file = new TokenizerJson(json);
    try (JsonParser parser = MAPPER.createParser(json)) {
      file.root(parser);
      require(parser.nextToken() == null, "holds more than one JSON value");
    } catch (StreamConstraintsException limit) {
      throw new IllegalArgumentException(
          JsonFile.at(limit)
              + "must not be nested deeper than %d, nor hold texts over %d characters"
                  .formatted(MOST_NESTING, MOST_CHARACTERS));
    } catch (JacksonException wrong) {
      throw new IllegalArgumentException(
          JsonFile.at(wrong) + "not valid JSON: " + JsonFile.reason(wrong));
    }
    return file.checkedModel();
  }

  private void root(JsonParser parser) {
    require(parser.nextToken() == JsonToken.START_OBJECT, "must be a JSON object {...}");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      require(keys.add(key), "has %s twice", key);
      JsonToken value = parser.nextToken();
      switch (key) {
        case "model" -> {
          require(value == JsonToken.START_OBJECT, "model must be an object {...}");
          model(parser);
        }
        case "added_tokens" -> added(parser, value);
        case "post_processor" ->
            new PostProcessorJson(this::seen).check(tree(parser, value, key), key);
        case "normalizer" -> TextStepsJson.normalizer(tree(parser, value, key));
        case "pre_tokenizer" -> TextStepsJson.preTokenizer(tree(parser, value, key));
        case "decoder" -> TextStepsJson.decoder(tree(parser, value, key));
        default -> parser.skipChildren();
      }
    }
  }

  private void model(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      require(modelKeys.add(key), "model has %s twice", key);
      switch (key) {
        case "type" -> modelType = string(parser, value, "model.type");
        case "continuing_subword_prefix" ->
            prefix =
                value == JsonToken.VALUE_NULL
                    ? ""
                    : string(parser, value, "model.continuing_subword_prefix");
        case "vocab" -> {
          require(
              value == JsonToken.START_OBJECT, "model.vocab must be an object of tokens and ids");
          vocabulary(parser);
        }
        // Words as long as the text would take time with the square of it.
        case "max_input_chars_per_word" ->
            require(
                value == JsonToken.VALUE_NUMBER_INT
                    && parser.getNumberType() == JsonParser.NumberType.INT
                    && parser.getIntValue() >= 0
                    && parser.getIntValue() <= MOST_WORD,
                "model.max_input_chars_per_word is %s, must be a whole number from 0 to %s",
                shown(parser, value),
                MOST_WORD);
        // By chance: the same text would not give the same tokens.
        case "dropout" ->
            require(
                value == JsonToken.VALUE_NULL
                    || (value.isNumeric() && parser.getDoubleValue() == 0),
                "model.dropout is %s, must be null or 0",
                shown(parser, value));
        default -> parser.skipChildren();
      }
    }
  }

  private static String shown(JsonParser parser, JsonToken value) {
    return value.isStructStart() ? "a list or object" : String.valueOf(parser.getString());
  }

  private void vocabulary(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      JsonToken value = parser.nextToken();
      require(
          value == JsonToken.VALUE_NUMBER_INT
              && parser.getNumberType() == JsonParser.NumberType.INT
              && parser.getIntValue() >= 0,
          "model.vocab: the id of %s must be a whole number from 0 to 2147483647",
          parser.currentName());
      vocabulary = true;
      seen(parser.getIntValue());
    }
  }

  /** One after the other: all of them as a tree could take gigabytes. */
  private void added(JsonParser parser, JsonToken value) {
    if (value == JsonToken.VALUE_NULL) {
      return;
    }
    require(value == JsonToken.START_ARRAY, "added_tokens must be a list [...]");
    int count = 0;
    for (JsonToken next = parser.nextToken();
        next != JsonToken.END_ARRAY;
        next = parser.nextToken()) {
      require(
          ++count <= MOST_ADDED, "added_tokens has more than %s, which is the most", MOST_ADDED);
      added(tree(parser, next, "added_tokens"));
    }
  }

  private void added(JsonNode token) {
    JsonNode id = token.path("id");
    require(
        id.isInt() && id.intValue() >= 0,
        "added_tokens: the id of %s must be a whole number from 0 to 2147483647",
        token);
    // An empty one would be found everywhere.
    require(
        !token.path("content").asString("").isEmpty(),
        "added_tokens: the content of %s must be a text",
        token);
    seen(id.intValue());
  }

  /** The value that the parser is at, unless it is large: passed over first, then read again. */
  private JsonNode tree(JsonParser parser, JsonToken value, String key) {
    if (!value.isStructStart()) {
      return parser.readValueAsTree();
    }
    long begin = parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    long end = parser.currentLocation().getCharOffset();
    require(
        end - begin <= MOST_PART,
        "%s is %s characters long, must be at most %s",
        key,
        end - begin,
        MOST_PART);
    return MAPPER.readTree(json.substring((int) begin, (int) end));
  }

  private int checkedModel() {
    require(!modelKeys.isEmpty(), "has no model, must be a tokenizer.json of Hugging Face");
    // The oldest files do not say.
    String type =
        !modelType.isEmpty() ? modelType : modelKeys.contains("merges") ? "BPE" : "WordPiece";
    require(
        type.equals("WordPiece") || type.equals("BPE"),
        "model.type is \"%s\", must be \"WordPiece\" or \"BPE\"",
        type);
    require(
        prefix.isEmpty() || type.equals("WordPiece"),
        "model.continuing_subword_prefix is \"%s\", must be empty for \"BPE\"",
        prefix);
    require(vocabulary, "model.vocab is missing or empty, must hold tokens and their ids");
    return Math.toIntExact(largestId);
  }

  private void seen(int id) {
    largestId = Math.max(largestId, id);
  }

  private static String string(JsonParser parser, JsonToken value, String key) {
    require(value == JsonToken.VALUE_STRING, key + " must be a text in quotes");
    return parser.getString();
  }

  static void require(boolean condition, String problem, Object... values) {
    if (!condition) {
      Object[] shown = new Object[values.length];
      for (int i = 0; i < shown.length; i++) {
        shown[i] = JsonText.abbreviated(String.valueOf(values[i]));
      }
      throw new IllegalArgumentException(problem.formatted(shown));
    }
  }
}
