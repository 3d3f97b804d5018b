package io.github.lanewise.model;

import java.util.List;

/** Configs with one thing wrong, made from the tiny models by replacing a piece of text. */
final class BrokenConfigs {
  /**
   * One broken config.
   *
   * @param json the config
   * @param message what its message must say after the file name
   */
  record Broken(String json, String message) {
    @Override
    public String toString() {
      return message;
    }
  }

  private BrokenConfigs() {}

  /** What both the schema and the loader must refuse. */
  static List<Broken> refusedBySchema() {
    return List.of(
        miniLm("\"maven\"", "\"mvn\"", "unknown key weights.mvn = \"dev.langchain4j:"),
        miniLm(":1.19.0-beta29", "", "weights.maven is \"dev.langchain4j:langchain4j-embeddings-"),
        miniLm(
            ":1.19.0-beta29", ":..", "weights.maven is \"dev.langchain4j:langchain4j-embeddings"),
        miniLm("\"759c", "\"759C", "weights.sha256 is \"759C3cd2"),
        miniLm(
            "all-minilm-l6-v2.onnx",
            "..",
            "weights.file is \"..\", must name a file in the jar, of letters, digits, '.', '_' and '-'"),
        miniLm("all-minilm-l6-v2.onnx", "a\\u0000b", "weights.file is \"a"),
        miniLm("all-minilm-l6-v2.onnx", "lib/a b", "weights.file is \"lib/a b\", must name a file"),
        miniLm("\"maxTokens\": 256", "\"maxTokens\": 0", "maxTokens is 0, must be a whole number"),
        llama(
            "\"layers\": 2",
            "\"pooling\": \"mean\", \"layers\": 2",
            "pooling is \"mean\", must be \"none\" for kind \"decoder\""),
        encoder(
            "\"layers\": 2",
            "\"pooling\": \"max\", \"layers\": 2",
            "pooling is \"max\", must be one of \"none\", \"mean\", \"cls\""),
        encoder(
            "\"layers\": 2",
            "\"normalize\": true, \"layers\": 2",
            "normalize is true, must be false with pooling \"none\""),
        llama("\"layers\"", "\"layer\"", "unknown key layer = 2; did you mean layers?"),
        llama("\"kvHeads\"", "\"kv_heads\"", "unknown key kv_heads = 2; did you mean kvHeads?"),
        llama("\"layers\"", "\"depth\"", "unknown key depth = 2; allowed: $schema, name, kind, "),
        llama(
            "\"theta\"",
            "\"thta\"",
            "unknown key position.thta = 10000; did you mean position.theta?"),
        llama(
            "\"type\": \"rope\"",
            "\"type\": \"none\"",
            "unknown key position.theta = 10000; allowed: type"),
        llama(
            "\"placement\"",
            "\"place\"",
            "unknown key norm.place = \"pre\"; allowed: type, placement"),
        llama("\"layers\": 2,", "", "layers is missing, must be a whole number from 1 to 1024"),
        llama("\"layers\": 2", "\"layers\": \"2\"", "layers is \"2\", must be a whole number"),
        llama("\"layers\": 2", "\"layers\": null", "layers is null, must be a whole number"),
        llama("\"layers\": 2", "\"layers\": [2]", "layers is [2], must be a whole number"),
        llama("\"layers\": 2", "\"layers\": true", "layers is true, must be a whole number"),
        llama("\"layers\": 2", "\"layers\": 2.5", "layers is 2.5, must be a whole number"),
        llama(
            "\"layers\": 2", "\"layers\": 0", "layers is 0, must be a whole number from 1 to 1024"),
        llama("\"layers\": 2", "\"layers\": -3", "layers is -3, must be a whole number"),
        llama("\"layers\": 2", "\"layers\": 4294967298", "layers is 4294967298, must be"),
        llama("\"heads\": 6", "\"heads\": 1000000000", "heads is 1000000000, must be a whole"),
        llama(
            "\"headDim\": 14",
            "\"headDim\": 257",
            "headDim is 257, must be a whole number from 1 to 256"),
        llama(
            "\"dModel\": 76",
            "\"dModel\": 123456789012345678901234567890",
            "dModel is 123456789012345678901234567890, must be"),
        llama("\"contextWindow\": 96", "\"contextWindow\": 0", "contextWindow is 0, must be"),
        llama(
            "\"theta\": 10000", "\"theta\": 0", "position.theta is 0.0, must be a number from 1.0"),
        llama(
            "\"theta\": 10000",
            "\"theta\": \"big\"",
            "position.theta is \"big\", must be a number"),
        llama(
            "\"epsilon\": 1e-5", "\"epsilon\": -1", "norm.epsilon is -1.0, must be a number from"),
        llama("\"epsilon\": 1e-5", "\"epsilon\": 0", "norm.epsilon is 0.0, must be a number from"),
        llama(
            "\"decoder\"",
            "\"vision\"",
            "kind is \"vision\", must be one of \"decoder\", \"encoder\""),
        llama("\"decoder\"", "\"encoder-decoder\"", "kind is \"encoder-decoder\", must be one of"),
        llama("\"decoder\"", "\"Decoder\"", "kind is \"Decoder\", must be one of"),
        llama("\"rope\"", "\"alibi\"", "unknown key position.theta = 10000; allowed: type"),
        llama(
            "\"rope\"",
            "\"relative\"",
            "unknown key position.theta = 10000; allowed: type, buckets, maxDistance"),
        llama(
            "\"causal\"",
            "\"window\"",
            "attention.type is \"window\", must be one of \"full\", \"causal\""),
        llama(
            "\"causal\"",
            "\"full\"",
            "attention.type is \"full\", must be \"causal\" for kind \"decoder\""),
        llama(
            "\"swiglu\"",
            "\"swish\"",
            "activation is \"swish\", must be one of \"gelu\", \"gelu_tanh\""),
        llama(
            "\"pre\"",
            "\"middle\"",
            "norm.placement is \"middle\", must be one of \"pre\", \"post\", \"sandwich\""),
        llama("\"rms\"", "7", "norm.type is 7, must be one of \"layer\", \"rms\""),
        llama(
            "{\"type\": \"causal\"}",
            "\"causal\"",
            "attention is \"causal\", must be an object {...}"),
        llama(
            "\"tiedEmbeddings\": false",
            "\"tiedEmbeddings\": 0",
            "tiedEmbeddings is 0, must be true or false"),
        llama("\"tiny-llama\"", "\"\"", "name is \"\", must be a text"),
        llama("\"tiny-llama\"", "\"" + "x".repeat(201) + "\"", "name is \"xxxx"),
        llama(
            "\"source\"",
            "\"tokenTypes\": 2, \"source\"",
            "tokenTypes is 2, must be 0 for kind \"decoder\""),
        encoder(
            "\"tokenTypes\"",
            "\"tiedEmbeddings\": true, \"tokenTypes\"",
            "tiedEmbeddings is true, must be false"),
        encoder(
            "\"tokenTypes\": 2",
            "\"tokenTypes\": -1",
            "tokenTypes is -1, must be a whole number from 0"),
        encoder(
            "\"feedForward\": true",
            "\"feedForward\": \"yes\"",
            "bias.feedForward is \"yes\", must be true or false"),
        encoder(
            "\"qkv\": true",
            "\"query\": true",
            "unknown key bias.query = true; allowed: qkv, output, feedForward"),
        new Broken("[]", "is [], must be a JSON object {...}"),
        new Broken("null", "is null, must be a JSON object {...}"),
        new Broken("{}", "kind is missing, must be one of \"decoder\", \"encoder\""));
  }

  /** What a schema cannot express, and what is not JSON at all. */
  static List<Broken> refusedByLoaderOnly() {
    return List.of(
        miniLm(
            "all-minilm-l6-v2-tokenizer.json",
            "all-minilm-l6-v2.onnx.sha256",
            "weights.tokenizer is \"all-minilm-l6-v2.onnx.sha256\", must not be the name of the"),
        llama("\"kvHeads\": 2", "\"kvHeads\": 4", "kvHeads is 4, must divide heads = 6"),
        llama("\"kvHeads\": 2", "\"kvHeads\": 12", "kvHeads is 12, must divide heads = 6"),
        llama(
            "\"headDim\": 14,",
            "",
            "heads is 6, must divide dModel = 76, or headDim must be given"),
        llama(
            "\"headDim\": 14",
            "\"headDim\": 13",
            "headDim is 13, must be even for position.type \"rope\""),
        // The validator itself fails on this one: it asks for a long.
        llama("\"dModel\": 76", "\"dModel\": 1e300", "dModel is 1.0E300, must be a whole number"),
        llama("\"theta\": 10000", "\"theta\": NaN", "position.theta is \"NaN\", must be a number"),
        llama(
            "\"theta\": 10000",
            "\"theta\": -Infinity",
            "position.theta is \"-Infinity\", must be a number"),
        llama(
            "\"theta\": 10000",
            "\"theta\": 1e999",
            "position.theta is \"Infinity\", must be a number"),
        llama("\"layers\": 2", "\"layers\": NaN", "layers is \"NaN\", must be a whole number"),
        llama(
            "\"layers\": 2",
            "\"layers\": 2, \"layers\": 2",
            "Duplicate Object property \"layers\""),
        llama("\"layers\": 2", "\"layers\": " + "9".repeat(5000), "hold numbers over 100 digits"),
        llama("\"layers\": 2", "\"layers\": 02", "not valid JSON"),
        llama("\"layers\": 2,", "\"layers\": 2", "line 6, column 3: not valid JSON"),
        llama("\"tiny-llama\"", "\"" + "x".repeat(20_000) + "\"", "texts over 10000 characters"),
        new Broken("", "is empty, must hold a JSON object"),
        new Broken(" \n ", "is empty, must hold a JSON object"),
        new Broken("{} {}", "not valid JSON"),
        new Broken("[".repeat(100_000), "must not be nested deeper than 16"),
        new Broken("{\"a\":".repeat(50_000), "must not be nested deeper than 16"),
        new Broken("hello", "line 1, column 1: not valid JSON: Unrecognized token 'hello'"),
        new Broken(" ".repeat(2_000_000), "is too large, must be at most 1048576 bytes"));
  }

  private static Broken llama(String piece, String replacement, String message) {
    return broken("tiny-llama", piece, replacement, message);
  }

  private static Broken miniLm(String piece, String replacement, String message) {
    return broken("minilm-l6", piece, replacement, message);
  }

  private static Broken encoder(String piece, String replacement, String message) {
    return broken("tiny-encoder", piece, replacement, message);
  }

  static Broken broken(String model, String piece, String replacement, String message) {
    String json = Models.json(model);
    if (!json.contains(piece)) {
      throw new IllegalArgumentException(model + " does not contain " + piece);
    }
    return new Broken(json.replace(piece, replacement), message);
  }
}
