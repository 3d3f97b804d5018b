package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceShape.size;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.Norm;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.Placement;

/**
 * Maps a {@code config.json} of Hugging Face's transformers to a {@link ModelConfig}. Keys that do
 * not shape the model are ignored, as there are many.
 */
final class HuggingFaceConfig {
  /** Its name in a folder. */
  static final String FILE = "config.json";

  /** The key that tells such a file from our own. */
  static final String MODEL_TYPE = "model_type";

  private static final double BERT_EPSILON = 1e-12;
  private static final int BERT_TOKEN_TYPES = 2;

  private HuggingFaceConfig() {}

  /**
   * @param beside what the files beside it say of sentences
   */
  static ModelConfig model(JsonObject json, SentenceFiles beside) {
    String[] families = {"bert", "gpt2", "llama", "mistral", "qwen3", "gemma3_text"};
    return switch (json.choice(MODEL_TYPE, families)) {
      case "bert" -> {
        int window = size(json, Size.CONTEXT_WINDOW, "max_position_embeddings", 512);
        yield bert(json, window, Math.min(window, beside.mostTokens()), beside.sentences());
      }
      case "gpt2" -> HuggingFaceDecoder.gpt2(json);
      case "llama" -> HuggingFaceDecoder.llama(json);
      case "mistral" -> HuggingFaceDecoder.mistral(json);
      case "qwen3" -> HuggingFaceDecoder.qwen3(json);
      default -> HuggingFaceDecoder.gemma3(json);
    };
  }

  /** Whether a key is there and says something. */
  static boolean says(JsonObject json, String key) {
    return json.has(key) && !json.isNull(key);
  }

  /** What the model is called. */
  static String name(JsonObject json) {
    String key = says(json, "_name_or_path") ? "_name_or_path" : MODEL_TYPE;
    return json.text(key);
  }

  private static ModelConfig bert(
      JsonObject json, int contextWindow, int maxTokens, ModelConfig.Sentences sentences) {
    if (json.has("position_embedding_type")) {
      json.choice("position_embedding_type", "absolute");
    }
    refuse(json, "is_decoder");
    refuse(json, "add_cross_attention");
    int heads = size(json, Size.HEADS, "num_attention_heads", 12);
    int width = size(json, Size.D_MODEL, "hidden_size", 768);
    int headDim = HuggingFaceShape.divided(width, "hidden_size", heads, "num_attention_heads");
    double epsilon = HuggingFaceDecoder.number(json, "layer_norm_eps", BERT_EPSILON);
    return new ModelConfig(
        name(json),
        Kind.ENCODER,
        size(json, Size.LAYERS, "num_hidden_layers", 12),
        heads,
        heads,
        width,
        headDim,
        size(json, Size.FEED_FORWARD, "intermediate_size", 3072),
        size(json, Size.VOCABULARY, "vocab_size", 30_522),
        contextWindow,
        ModelConfig.PastContext.ERROR,
        new Position.Learned(),
        new Norm(NormType.LAYER, Placement.POST, epsilon, true),
        activation(json, "hidden_act", "gelu"),
        AttentionConfig.of(AttentionConfig.Mask.FULL, headDim),
        new Bias(true, true, true),
        Scaling.NONE,
        false,
        size(json, Size.TOKEN_TYPES, "type_vocab_size", BERT_TOKEN_TYPES),
        sentences,
        maxTokens,
        null,
        Origin.UNKNOWN);
  }

  /**
   * An activation without a gate.
   *
   * @param usual what it is if nothing is said
   */
  static FeedForwardActivation activation(JsonObject json, String key, String usual) {
    String[] names = {"gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish"};
    return switch (says(json, key) ? json.choice(key, names) : usual) {
      case "gelu" -> FeedForwardActivation.GELU;
      case "relu" -> FeedForwardActivation.RELU;
      case "silu", "swish" -> FeedForwardActivation.SILU;
      default -> FeedForwardActivation.GELU_TANH;
    };
  }

  /** Refuses what is set and would make another model. */
  static void refuse(JsonObject json, String flag) {
    if (json.flag(flag)) {
      throw new IllegalArgumentException(flag + " is true, must be false or left out");
    }
  }
}
