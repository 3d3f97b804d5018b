package io.github.lanewise.model;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a family of models calls its weights: for each of our tensors the names of those that make
 * it up, rows under rows.
 *
 * @param prefix what names may begin with, in files of models with a head on top
 * @param layer what the names of a layer begin with, before its number
 * @param around tensors outside the layers
 * @param inLayer tensors of a layer, less {@code layer} and the number
 * @param values how the file's numbers differ from ours
 */
record CheckpointNames(
    String prefix,
    String layer,
    Map<String, List<String>> around,
    Map<String, List<String>> inLayer,
    Values values) {

  /** How the numbers of a file differ from ours. */
  enum Values {
    /** Not at all. */
    PLAIN,
    /** Matrices of layers are stored [in, out]. */
    TRANSPOSED_LAYERS,
    /** Gains are stored less 1. */
    GAINS_LESS_ONE
  }

  /** BERT (Devlin et al. 2019), as Hugging Face names it. */
  static final CheckpointNames BERT =
      new CheckpointNames(
          "bert.",
          "encoder.layer.",
          Map.ofEntries(
              entry(Tensor.TOKENS, List.of("embeddings.word_embeddings.weight")),
              entry(Tensor.POSITIONS, List.of("embeddings.position_embeddings.weight")),
              entry(Tensor.TOKEN_TYPES, List.of("embeddings.token_type_embeddings.weight")),
              entry(Tensor.gain(Tensor.EMBEDDING_NORM), List.of("embeddings.LayerNorm.weight")),
              entry(Tensor.shift(Tensor.EMBEDDING_NORM), List.of("embeddings.LayerNorm.bias"))),
          Map.ofEntries(
              entry(
                  "qkv.weight",
                  List.of(
                      "attention.self.query.weight",
                      "attention.self.key.weight",
                      "attention.self.value.weight")),
              entry(
                  "qkv.bias",
                  List.of(
                      "attention.self.query.bias",
                      "attention.self.key.bias",
                      "attention.self.value.bias")),
              entry("output.weight", List.of("attention.output.dense.weight")),
              entry("output.bias", List.of("attention.output.dense.bias")),
              entry("attentionNorm.gain", List.of("attention.output.LayerNorm.weight")),
              entry("attentionNorm.shift", List.of("attention.output.LayerNorm.bias")),
              entry("up.weight", List.of("intermediate.dense.weight")),
              entry("up.bias", List.of("intermediate.dense.bias")),
              entry("down.weight", List.of("output.dense.weight")),
              entry("down.bias", List.of("output.dense.bias")),
              entry("feedForwardNorm.gain", List.of("output.LayerNorm.weight")),
              entry("feedForwardNorm.shift", List.of("output.LayerNorm.bias"))),
          Values.PLAIN);

  /** The family of an architecture, or null if none is known. */
  static @Nullable CheckpointNames of(ModelConfig config) {
    if (config.attention().cross() || config.vocabulary() == 0) {
      return null; // half of an encoder-decoder
    }
    if (config.kind() == ModelConfig.Kind.DECODER) {
      return DecoderNames.of(config);
    }
    boolean bert =
        config.position() instanceof Position.Learned
            && !config.attention().causal()
            && !config.attention().queryKeyNorm()
            && config.norm().type() == ModelConfig.NormType.LAYER
            && config.norm().placement() == ModelConfig.Placement.POST
            && config.norm().embedding()
            && !config.activation().gated();
    return bert ? BERT : null;
  }

  /** The names of the weights that make up a tensor outside the layers. */
  List<String> around(Tensor tensor) {
    return known(tensor, around.get(tensor.name()));
  }

  /** The names of the weights that make up a tensor of layer {@code index}. */
  List<String> inLayer(Tensor tensor, int index) {
    String part = tensor.name().substring(Tensor.inLayer(index, "").length());
    return known(tensor, inLayer.get(part)).stream()
        .map(name -> layerPrefix(index) + name)
        .toList();
  }

  /** What the names of layer {@code index} begin with. */
  String layerPrefix(int index) {
    return layer + index + ".";
  }

  private static List<String> known(Tensor tensor, @Nullable List<String> names) {
    if (names == null) {
      throw new IllegalStateException("no names for tensor " + tensor.name());
    }
    return names;
  }
}
