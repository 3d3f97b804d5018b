package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceConfig.says;

import io.github.lanewise.format.JsonObject;

/**
 * Sizes of a decoder. All families but GPT-2 share the names; each has sizes of its own where
 * nothing is said, which are those of its config class in transformers 5.
 *
 * @param kvHeads 0 for as many as heads, where nothing is said
 * @param headDim 0 for width / heads, where nothing is said
 */
record HuggingFaceShape(
    int layers,
    int heads,
    int kvHeads,
    int dModel,
    int headDim,
    int feedForward,
    int vocabulary,
    int contextWindow) {
  static final HuggingFaceShape GPT2 = new HuggingFaceShape(12, 12, 0, 768, 0, 0, 50_257, 1024);
  static final HuggingFaceShape LLAMA =
      new HuggingFaceShape(32, 32, 0, 4096, 0, 11_008, 32_000, 2048);
  static final HuggingFaceShape MISTRAL =
      new HuggingFaceShape(32, 32, 8, 4096, 0, 14_336, 32_000, 131_072);
  static final HuggingFaceShape QWEN3 =
      new HuggingFaceShape(32, 32, 32, 4096, 128, 22_016, 151_936, 32_768);
  static final HuggingFaceShape GEMMA3 =
      new HuggingFaceShape(26, 8, 4, 2304, 256, 9216, 262_208, 131_072);

  /** The sizes that a file names, the others as here. */
  HuggingFaceShape read(JsonObject json) {
    int itsHeads = size(json, Size.HEADS, "num_attention_heads", heads);
    int width = size(json, Size.D_MODEL, "hidden_size", dModel);
    // Null is another thing than nothing: multi-head attention in every family.
    int usualKvHeads = kvHeads == 0 || json.has("num_key_value_heads") ? itsHeads : kvHeads;
    return new HuggingFaceShape(
        size(json, Size.LAYERS, "num_hidden_layers", layers),
        itsHeads,
        size(json, Size.KV_HEADS, "num_key_value_heads", usualKvHeads),
        width,
        headDim(json, width, itsHeads),
        size(json, Size.FEED_FORWARD, "intermediate_size", feedForward),
        size(json, Size.VOCABULARY, "vocab_size", vocabulary),
        size(json, Size.CONTEXT_WINDOW, "max_position_embeddings", contextWindow));
  }

  /** The same under GPT-2's names. */
  HuggingFaceShape readGpt2(JsonObject json) {
    int itsHeads = size(json, Size.HEADS, "n_head", heads);
    int width = size(json, Size.D_MODEL, "n_embd", dModel);
    return new HuggingFaceShape(
        size(json, Size.LAYERS, "n_layer", layers),
        itsHeads,
        itsHeads,
        width,
        divided(width, "n_embd", itsHeads, "n_head"),
        size(json, Size.FEED_FORWARD, "n_inner", 4 * width),
        size(json, Size.VOCABULARY, "vocab_size", vocabulary),
        size(json, Size.CONTEXT_WINDOW, "n_positions", contextWindow));
  }

  /** Likewise for a longer or shorter context window. */
  HuggingFaceShape withContextWindow(int positions) {
    return new HuggingFaceShape(
        layers,
        heads,
        kvHeads,
        dModel,
        headDim,
        feedForward,
        vocabulary,
        Size.CONTEXT_WINDOW.check(positions));
  }

  private int headDim(JsonObject json, int width, int itsHeads) {
    if (says(json, "head_dim")) {
      return Size.HEAD_DIM.of(json, "head_dim");
    }
    return headDim == 0 ? divided(width, "hidden_size", itsHeads, "num_attention_heads") : headDim;
  }

  /** Floats of a head of which {@code heads} fill the width. */
  static int divided(int width, String widthKey, int heads, String headsKey) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          headsKey + " is " + heads + ", must divide " + widthKey + " = " + width);
    }
    return Size.HEAD_DIM.check(width / heads);
  }

  /** A size, or what transformers takes without one. */
  static int size(JsonObject json, Size size, String key, int usual) {
    return says(json, key) ? size.of(json, key) : usual;
  }
}
