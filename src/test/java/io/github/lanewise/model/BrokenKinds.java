package io.github.lanewise.model;

import io.github.lanewise.model.BrokenConfigs.Broken;
import java.util.List;

/** Configs of kinds beside decoders and encoders, with one thing wrong. */
final class BrokenKinds {
  private BrokenKinds() {}

  /** What both the schema and the loader must refuse. */
  static List<Broken> refusedBySchema() {
    return List.of(
        lstm("\"layers\": 1", "\"layers\": 0", "layers is 0, must be a whole number from 1 to 64"),
        lstm("\"layers\"", "\"layer\"", "unknown key layer = 1; did you mean layers?"),
        lstm("\"heads\": 12,", "", "heads is missing, must be a whole number from 1 to 1024"),
        lstm("\"dModel\": 384", "\"dModel\": 1.5", "dModel is 1.5, must be a whole number"),
        lstm("8192", "9999999", "contextWindow is 9999999, must be a whole number from 1 to"),
        vit("\"mean\": [0.5,", "\"mean\": [", "mean is [0.5,0.5], must be a list of 3 numbers"),
        vit("\"mean\": [0.5,", "\"mean\": [\"a\",", "mean is [\"a\",0.5,0.5], must be a list"),
        vit("\"std\": [0.5,", "\"std\": [0,", "std is [0.0, 0.5, 0.5], must be at least 1.0E-6"),
        vit("\"std\": [0.5,", "\"std\": [1e-300,", "must be at least 1.0E-6"),
        vit("\"classes\": 1000", "\"classes\": 0", "classes is 0, must be a whole number"),
        vit("\"epsilon\": 1e-6", "\"epsilon\": 0", "epsilon is 0.0, must be a number from"),
        vit("\"imageSize\": 224", "\"imageSize\": 4096", "imageSize is 4096, must be a whole"),
        vit("\"layers\": 12", "\"layers\": 1025", "layers is 1025, must be a whole number"),
        seq2seq("\"startToken\": 0,", "", "startToken is missing, must be a whole number from 0"),
        seq2seq("\"endToken\": 1", "\"endToken\": -1", "endToken is -1, must be a whole number"),
        seq2seq("\"encoder\": {", "\"encoder\": {\"heads\": 2,", "unknown key encoder.heads = 2"),
        seq2seq(
            "\"decoder\": {",
            "\"decoder\": {\"inputs\": \"tokens\",",
            "unknown key decoder.inputs = \"tokens\"; allowed: layers, contextWindow, position"),
        seq2seq(
            "\"encoder\": {",
            "\"encoder\": {\"inputs\": \"sound\",",
            "encoder.inputs is \"sound\", must be one of \"tokens\", \"features\""),
        seq2seq("\"layers\": 3", "\"layers\": 0", "decoder.layers is 0, must be a whole number"),
        seq2seq("\"scale\"", "\"window\"", "unknown key attention.window = 0.3; allowed: scale"),
        seq2seq("\"buckets\": 12", "\"buckets\": 10", "position.buckets is 10, must be a multiple"),
        seq2seq("\"decoder\"", "\"decode\"", "unknown key decode = {"),
        seq2seq("\"logitScale\": 0.2", "\"logitScale\": 0", "logitScale is 0.0, must be a number"),
        seq2seq("\"reglu\"", "\"tanh\"", "activation is \"tanh\", must be one of \"gelu\""),
        evoformer("\"msa\": 128", "\"msa\": 0", "msa is 0, must be a whole number from 1 to 16384"),
        evoformer("\"residues\": 256", "\"residues\": 5000", "residues is 5000, must be a whole"),
        evoformer("\"headDim\": 32", "\"headDim\": 257", "headDim is 257, must be a whole"),
        evoformer("\"outerWidth\"", "\"outer\"", "unknown key outer = 32; allowed: $schema, name"),
        evoformer("\"epsilon\": 1e-5", "\"epsilon\": 2", "epsilon is 2.0, must be a number from"));
  }

  /** What a schema cannot express. */
  static List<Broken> refusedByLoaderOnly() {
    return List.of(
        seq2seq("\"endToken\": 1", "\"endToken\": 259", "endToken is 259, must be a whole number"),
        seq2seq("\"kvHeads\": 2", "\"kvHeads\": 4", "kvHeads is 4, must divide heads = 6"),
        lstm("\"heads\": 12", "\"heads\": 11", "heads is 11, must divide dModel = 384 into heads"),
        lstm("\"heads\": 12", "\"heads\": 1", "heads is 1, must divide dModel = 384 into heads"),
        vit("\"patchSize\": 16", "\"patchSize\": 15", "patchSize is 15, must divide imageSize"),
        vit("\"heads\": 12", "\"heads\": 7", "heads is 7, must divide dModel = 768 into heads"));
  }

  private static Broken seq2seq(String piece, String replacement, String message) {
    return broken("tiny-seq2seq", piece, replacement, message);
  }

  private static Broken lstm(String piece, String replacement, String message) {
    return broken("lstm-baseline", piece, replacement, message);
  }

  private static Broken vit(String piece, String replacement, String message) {
    return broken("vit-b-16", piece, replacement, message);
  }

  private static Broken evoformer(String piece, String replacement, String message) {
    return broken("alphafold2-evoformer", piece, replacement, message);
  }

  private static Broken broken(String model, String piece, String replacement, String message) {
    String json = Models.json(model);
    if (!json.contains(piece)) {
      throw new IllegalArgumentException(model + " does not contain " + piece);
    }
    return new Broken(json.replace(piece, replacement), message);
  }
}
