package io.github.lanewise.model.seq2seq;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The encoder-decoders that come with the project, made so small that a definition can run them.
 */
final class Seq2SeqModels {
  private Seq2SeqModels() {}

  static List<Seq2SeqConfig> small() {
    return List.of(
        tiny(),
        reduced("transformer-base"),
        reduced("t5-small"),
        reduced("whisper-tiny"),
        changed("tiny-seq2seq", "sandwich-free post", "\"pre\"", "\"post\""));
  }

  static Seq2SeqConfig tiny() {
    return load("tiny-seq2seq");
  }

  static Seq2SeqConfig load(String name) {
    return Seq2SeqConfig.load(file(name));
  }

  static Path file(String name) {
    return Path.of("models", name + ".json");
  }

  static String json(String name) {
    try {
      return Files.readString(file(name));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static Seq2SeqConfig changed(String name, String what, String piece, String replacement) {
    String json = json(name);
    if (!json.contains(piece)) {
      throw new IllegalArgumentException(name + " does not contain " + piece);
    }
    return parse(what, json.replace(piece, replacement));
  }

  static Seq2SeqConfig parse(String what, String json) {
    return Seq2SeqConfig.parse(what, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Two layers each, half the heads of a quarter of the size, the rest in proportion. */
  private static Seq2SeqConfig reduced(String name) {
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(json(name));
    int heads = json.get("heads").asInt() / 2;
    json.put("heads", heads);
    json.put("headDim", 16);
    json.put("dModel", json.get("dModel").asInt() / 8);
    json.put("feedForward", json.get("feedForward").asInt() / 8);
    json.put("vocabulary", 301);
    json.put("startToken", 7);
    json.put("endToken", 3);
    ((ObjectNode) json.get("encoder")).put("layers", 2);
    ((ObjectNode) json.get("decoder")).put("layers", 2);
    return parse(name, json.toString());
  }
}
