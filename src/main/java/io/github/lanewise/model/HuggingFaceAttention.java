package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceConfig.says;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.AttentionConfig.Mask;
import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.op.Attention;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Which layers of a decoder are local, as transformers writes it. */
final class HuggingFaceAttention {
  private static final String WINDOW = "sliding_window";
  private static final String LAYER_TYPES = "layer_types";
  private static final int USUAL_WINDOW = 4096;
  private static final int GEMMA3_PATTERN = 6;

  private HuggingFaceAttention() {}

  /** Spelled as its values are. */
  private enum LayerType {
    FULL_ATTENTION,
    SLIDING_ATTENTION
  }

  /** All layers are local, unless the window is null. */
  static AttentionConfig mistral(JsonObject json, HuggingFaceShape shape) {
    List<Reach> layers = all(shape.layers(), json.isNull(WINDOW) ? Reach.GLOBAL : Reach.LOCAL);
    return attention(json, layers, usual(shape), 0, false);
  }

  /** With windows only if they are used, and then from a layer on. */
  static AttentionConfig qwen3(JsonObject json, HuggingFaceShape shape) {
    int first = shape.layers();
    if (json.flag("use_sliding_window") && !json.isNull(WINDOW)) {
      first =
          says(json, "max_window_layers")
              ? json.whole("max_window_layers", 0, Integer.MAX_VALUE)
              : 28;
    }
    int from = first;
    List<Reach> layers =
        says(json, LAYER_TYPES)
            ? types(json, shape.layers())
            : IntStream.range(0, shape.layers())
                .mapToObj(layer -> layer < from ? Reach.GLOBAL : Reach.LOCAL)
                .toList();
    return attention(json, layers, usual(shape), 0, true);
  }

  /** Every sixth layer is global, unless something else is said. */
  static AttentionConfig gemma3(JsonObject json, HuggingFaceShape shape, double scale) {
    double softcap = HuggingFaceDecoder.number(json, "attn_logit_softcapping", 0);
    return attention(json, gemma3Layers(json, shape.layers()), scale, softcap, true);
  }

  private static List<Reach> gemma3Layers(JsonObject json, int layers) {
    if (says(json, LAYER_TYPES)) {
      return types(json, layers);
    }
    int period = GEMMA3_PATTERN;
    for (String key : List.of("sliding_window_pattern", "_sliding_window_pattern")) {
      if (says(json, key)) {
        period = json.whole(key, 1, AttentionConfig.LONGEST_PATTERN);
      }
    }
    int every = period;
    return IntStream.range(0, layers)
        .mapToObj(layer -> (layer + 1) % every == 0 ? Reach.GLOBAL : Reach.LOCAL)
        .toList();
  }

  private static AttentionConfig attention(
      JsonObject json, List<Reach> layers, double scale, double softcap, boolean norm) {
    int window = 0;
    if (layers.contains(Reach.LOCAL)) {
      window = says(json, WINDOW) ? json.whole(WINDOW, 1, Attention.MAX_KEYS) : USUAL_WINDOW;
    }
    return new AttentionConfig(Mask.CAUSAL, window, shortest(layers), scale, softcap, norm, false);
  }

  private static double usual(HuggingFaceShape shape) {
    return AttentionConfig.usualScale(shape.headDim());
  }

  private static List<Reach> all(int layers, Reach reach) {
    return Collections.nCopies(layers, reach);
  }

  private static List<Reach> types(JsonObject json, int layers) {
    List<LayerType> types = json.constants(LAYER_TYPES, 1024, LayerType.values());
    if (types.size() != layers) {
      throw new IllegalArgumentException(
          LAYER_TYPES
              + " has "
              + types.size()
              + " elements, must have one for each of "
              + layers
              + " layers");
    }
    return types.stream()
        .map(type -> type == LayerType.FULL_ATTENTION ? Reach.GLOBAL : Reach.LOCAL)
        .toList();
  }

  /** The shortest pattern that, repeated, gives all layers. */
  private static List<Reach> shortest(List<Reach> layers) {
    for (int length = 1; length < layers.size(); length++) {
      int period = length;
      boolean repeats =
          IntStream.range(period, layers.size())
              .allMatch(layer -> layers.get(layer) == layers.get(layer - period));
      if (repeats) {
        return layers.subList(0, period);
      }
    }
    return layers;
  }
}
