package io.github.lanewise.format;

import static io.github.lanewise.format.TokenizerJson.require;

import java.util.List;
import java.util.function.IntConsumer;
import tools.jackson.databind.JsonNode;

/**
 * The part of a {@code tokenizer.json} that says what surrounds a text, such as {@code [CLS]}. A
 * template that names a token it does not define would end the process at the first text.
 *
 * @param ids told each token id
 */
record PostProcessorJson(IntConsumer ids) {
  void check(JsonNode processor, String path) {
    if (processor.isNull()) {
      return;
    }
    String type = processor.path("type").asString("");
    switch (type) {
      case "TemplateProcessing" -> template(processor, path);
      case "BertProcessing", "RobertaProcessing" -> {
        pair(processor.path("sep"), path + ".sep");
        pair(processor.path("cls"), path + ".cls");
      }
      case "ByteLevel" -> {
        // Adds no tokens.
      }
      case "Sequence" -> {
        for (JsonNode part : processor.path("processors")) {
          check(part, path + ".processors");
        }
      }
      default ->
          require(
              false,
              path
                  + ".type is %s, must be TemplateProcessing, BertProcessing, RobertaProcessing,"
                  + " ByteLevel or Sequence",
              processor.path("type"));
    }
  }

  private void template(JsonNode processor, String path) {
    JsonNode defined = processor.path("special_tokens");
    require(defined.isObject(), path + ".special_tokens must be an object {...}");
    for (var entry : defined.properties()) {
      JsonNode token = entry.getValue();
      // The library files it under the name inside, not the key.
      require(
          token.path("id").asString("").equals(entry.getKey()),
          path + ".special_tokens: the id inside %s must be that name",
          entry.getKey());
      JsonNode numbers = token.path("ids");
      require(
          numbers.isArray() && numbers.size() == token.path("tokens").size(),
          path + ".special_tokens: %s must have ids and as many tokens",
          entry.getKey());
      numbers.forEach(number -> id(number, path + ".special_tokens"));
    }
    pieces(processor.path("single"), defined, path + ".single", "A");
    pieces(processor.path("pair"), defined, path + ".pair", "A", "B");
  }

  private static void pieces(JsonNode pieces, JsonNode defined, String path, String... texts) {
    require(pieces.isArray(), path + " must be a list [...]");
    int[] seen = new int[texts.length];
    for (JsonNode piece : pieces) {
      JsonNode special = piece.path("SpecialToken");
      String text = piece.path("Sequence").path("id").asString("");
      int place = List.of(texts).indexOf(text);
      require(
          special.isMissingNode() ? place >= 0 : defined.has(special.path("id").asString("")),
          path + ": %s names neither a text nor a token of special_tokens",
          piece);
      if (special.isMissingNode()) {
        seen[place]++;
      }
    }
    for (int count : seen) {
      require(count == 1, path + " must hold the text itself, once");
    }
  }

  private void pair(JsonNode token, String path) {
    require(token.isArray() && token.size() == 2, path + " must be a token and its id");
    id(token.path(1), path);
  }

  private void id(JsonNode number, String path) {
    require(
        number.isInt() && number.intValue() >= 0,
        path + ": the id %s must be a whole number from 0 to 2147483647",
        number);
    ids.accept(number.intValue());
  }
}
