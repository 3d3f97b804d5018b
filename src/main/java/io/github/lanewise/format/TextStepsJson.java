package io.github.lanewise.format;

import static io.github.lanewise.format.TokenizerJson.require;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The parts of a {@code tokenizer.json} that a text goes through before and after the vocabulary.
 * Only steps known to be sound are let through: with others, a text makes the library panic, which
 * ends the process, or grow without bound.
 */
final class TextStepsJson {
  private static final int MOST_STEPS = 16;
  private static final int MOST_PATTERN = 16;
  private static final int MOST_GROWTH = 4;

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String WORDS = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";

  /** Of GPT-2, Llama 3 and Qwen 2: no text makes them backtrack far. */
  private static final Set<String> EXPRESSIONS =
      Set.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          CONTRACTIONS + WORDS + "\\p{N}{1,3}" + REST,
          CONTRACTIONS + WORDS + "\\p{N}" + REST);

  /** A part, the key of its list of steps, and which steps it may have. */
  private record Part(String list, List<String> types) {}

  private static final Part NORMALIZER =
      new Part(
          "normalizers",
          List.of(
              "BertNormalizer",
              "NFC",
              "NFD",
              "NFKC",
              "NFKD",
              "Lowercase",
              "StripAccents",
              "Strip",
              "Replace",
              "Sequence"));

  private static final Part PRE_TOKENIZER =
      new Part(
          "pretokenizers",
          List.of(
              "BertPreTokenizer",
              "Whitespace",
              "WhitespaceSplit",
              "Punctuation",
              "ByteLevel",
              "Metaspace",
              "Split",
              "Sequence"));

  private static final Part DECODER =
      new Part(
          "decoders",
          List.of(
              "WordPiece",
              "BPEDecoder",
              "ByteLevel",
              "Metaspace",
              "ByteFallback",
              "Fuse",
              "Strip",
              "Replace",
              "Sequence"));

  private final Part part;
  private int steps;
  private int byteLevels;
  private int growing;

  private TextStepsJson(Part part) {
    this.part = part;
  }

  /** What changes the text. */
  static void normalizer(JsonNode step) {
    new TextStepsJson(NORMALIZER).step(step, "normalizer");
  }

  /** What cuts the text into words. */
  static void preTokenizer(JsonNode step) {
    new TextStepsJson(PRE_TOKENIZER).step(step, "pre_tokenizer");
  }

  /** What puts tokens together again. */
  static void decoder(JsonNode step) {
    new TextStepsJson(DECODER).step(step, "decoder");
  }

  private void step(JsonNode step, String path) {
    if (step.isNull()) {
      return;
    }
    String type = step.path("type").asString("");
    require(
        part.types.contains(type),
        path + ".type is \"%s\", must be one of " + String.join(", ", part.types),
        type);
    require(++steps <= MOST_STEPS, path + " has more than %s steps, which is the most", MOST_STEPS);
    switch (type) {
      case "Sequence" -> {
        JsonNode inner = step.path(part.list);
        require(inner.isArray(), path + "." + part.list + " must be a list [...]");
        inner.forEach(each -> step(each, path + "." + part.list));
      }
      case "Replace" -> replace(step, path);
      case "Split" -> split(step.path("pattern"), path);
      // Each would make two characters of most bytes.
      case "ByteLevel" ->
          require(++byteLevels == 1, path + " has ByteLevel twice, must have it once");
      default -> {
        // Needs no more than its type.
      }
    }
  }

  private void replace(JsonNode step, String path) {
    JsonNode pattern = step.path("pattern").path("String");
    int from = bytes(pattern);
    require(
        step.path("pattern").size() == 1 && from >= 1 && from <= MOST_PATTERN,
        path + ".pattern is %s, must be {\"String\": \"...\"} of 1 to " + MOST_PATTERN + " bytes",
        step.path("pattern"));
    int to = bytes(step.path("content"));
    require(
        to >= 0 && to <= MOST_GROWTH * from,
        path + ".content is %s, must be a text of at most %s times the bytes of its pattern",
        step.path("content"),
        MOST_GROWTH);
    // Several would multiply.
    growing += to > from ? 1 : 0;
    require(growing <= 1, path + " has two Replace that make a text longer, must have one");
  }

  private static void split(JsonNode pattern, String path) {
    require(
        pattern.size() == 1 && EXPRESSIONS.contains(pattern.path("Regex").asString("")),
        path + ".pattern is %s, must be the {\"Regex\": \"...\"} of GPT-2, Llama 3 or Qwen 2",
        pattern);
  }

  /** Length of a text in UTF-8, or -1 if it is none. */
  private static int bytes(JsonNode text) {
    return text.isString() ? text.stringValue().getBytes(StandardCharsets.UTF_8).length : -1;
  }
}
