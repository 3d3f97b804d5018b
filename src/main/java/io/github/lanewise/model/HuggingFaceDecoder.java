package io.github.lanewise.model;

import static io.github.lanewise.model.HuggingFaceConfig.says;

import io.github.lanewise.format.JsonObject;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.model.ModelConfig.FeedForwardActivation;
import io.github.lanewise.model.ModelConfig.Kind;
import io.github.lanewise.model.ModelConfig.Norm;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.PastContext;
import io.github.lanewise.model.ModelConfig.Placement;

/** Maps what transformers writes of decoders. Defaults are those of its config classes. */
final class HuggingFaceDecoder {
  private static final String TIED = "tie_word_embeddings";
  private static final double RMS_EPSILON = 1e-6;
  private static final int QWEN3_HEAD_DIM = 128;
  private static final int GEMMA3_HEAD_DIM = 256;
  private static final double GEMMA3_QUERY_SCALAR = 256;

  private HuggingFaceDecoder() {}

  static ModelConfig gpt2(JsonObject json) {
    HuggingFaceConfig.refuse(json, "add_cross_attention");
    HuggingFaceConfig.refuse(json, "scale_attn_by_inverse_layer_idx");
    if (json.has("scale_attn_weights") && !json.flag("scale_attn_weights")) {
      throw new IllegalArgumentException("scale_attn_weights is false, must be true or left out");
    }
    int heads = Size.HEADS.of(json, "n_head");
    int width = Size.D_MODEL.of(json, "n_embd");
    int headDim = headDim(width, "n_embd", heads, "n_head");
    double epsilon = number(json, "layer_norm_epsilon", 1e-5);
    int hidden = says(json, "n_inner") ? Size.FEED_FORWARD.of(json, "n_inner") : 4 * width;
    int window = Size.CONTEXT_WINDOW.of(json, "n_positions");
    return model(
        json,
        new Shape(Size.LAYERS.of(json, "n_layer"), heads, heads, width, headDim, hidden, window),
        new Position.Learned(),
        new Norm(NormType.LAYER, Placement.PRE, epsilon, false),
        HuggingFaceConfig.activation(json, "activation_function"),
        AttentionConfig.of(AttentionConfig.Mask.CAUSAL, headDim),
        new Bias(true, true, true),
        Scaling.NONE,
        true);
  }

  static ModelConfig llama(JsonObject json) {
    Shape shape = shape(json, 0);
    return llamaLike(json, shape, AttentionConfig.of(AttentionConfig.Mask.CAUSAL, shape.headDim()));
  }

  static ModelConfig mistral(JsonObject json) {
    Shape shape = shape(json, 0);
    return llamaLike(json, shape, HuggingFaceAttention.mistral(json, shape));
  }

  static ModelConfig qwen3(JsonObject json) {
    Shape shape = shape(json, QWEN3_HEAD_DIM);
    return llamaLike(json, shape, HuggingFaceAttention.qwen3(json, shape));
  }

  static ModelConfig gemma3(JsonObject json) {
    HuggingFaceConfig.refuse(json, "use_bidirectional_attention");
    Shape shape = shape(json, GEMMA3_HEAD_DIM);
    double scalar = number(json, "query_pre_attn_scalar", GEMMA3_QUERY_SCALAR);
    Checks.between("query_pre_attn_scalar", scalar, 1e-6, 1e6);
    AttentionConfig attention = HuggingFaceAttention.gemma3(json, shape, Math.pow(scalar, -0.5));
    boolean bias = json.flag("attention_bias");
    return model(
        json,
        shape,
        HuggingFaceRope.gemma3(json, attention, shape.contextWindow()),
        new Norm(NormType.RMS, Placement.SANDWICH, number(json, "rms_norm_eps", 1e-6), false),
        gated(json, "hidden_activation", "gelu_pytorch_tanh"),
        attention,
        new Bias(bias, bias, false),
        new Scaling(Math.sqrt(shape.dModel()), 1, number(json, "final_logit_softcapping", 0)),
        true);
  }

  private static ModelConfig llamaLike(JsonObject json, Shape shape, AttentionConfig attention) {
    boolean bias = json.flag("attention_bias");
    double epsilon = number(json, "rms_norm_eps", RMS_EPSILON);
    return model(
        json,
        shape,
        HuggingFaceRope.position(json, shape),
        new Norm(NormType.RMS, Placement.PRE, epsilon, false),
        gated(json, "hidden_act", "silu"),
        attention,
        new Bias(bias, bias, json.flag("mlp_bias")),
        Scaling.NONE,
        false);
  }

  /** Sizes under the names that all but GPT-2 share. */
  record Shape(
      int layers,
      int heads,
      int kvHeads,
      int dModel,
      int headDim,
      int feedForward,
      int contextWindow) {}

  /**
   * @param usualHeadDim floats of a head if nothing is said; 0 for width / heads
   */
  private static Shape shape(JsonObject json, int usualHeadDim) {
    int heads = Size.HEADS.of(json, "num_attention_heads");
    int width = Size.D_MODEL.of(json, "hidden_size");
    int headDim = usualHeadDim;
    if (says(json, "head_dim")) {
      headDim = Size.HEAD_DIM.of(json, "head_dim");
    } else if (usualHeadDim == 0) {
      headDim = headDim(width, "hidden_size", heads, "num_attention_heads");
    }
    return new Shape(
        Size.LAYERS.of(json, "num_hidden_layers"),
        heads,
        says(json, "num_key_value_heads") ? Size.KV_HEADS.of(json, "num_key_value_heads") : heads,
        width,
        headDim,
        Size.FEED_FORWARD.of(json, "intermediate_size"),
        Size.CONTEXT_WINDOW.of(json, "max_position_embeddings"));
  }

  private static int headDim(int width, String widthKey, int heads, String headsKey) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          headsKey + " is " + heads + ", must divide " + widthKey + " = " + width);
    }
    return Size.HEAD_DIM.check(width / heads);
  }

  private static FeedForwardActivation gated(JsonObject json, String key, String usual) {
    if (!says(json, key)) {
      return usual.equals("silu") ? FeedForwardActivation.SWIGLU : FeedForwardActivation.GEGLU_TANH;
    }
    return switch (HuggingFaceConfig.activation(json, key)) {
      case GELU -> FeedForwardActivation.GEGLU;
      case RELU -> FeedForwardActivation.REGLU;
      case SILU -> FeedForwardActivation.SWIGLU;
      default -> FeedForwardActivation.GEGLU_TANH;
    };
  }

  /** A number, or what transformers takes without one. */
  static double number(JsonObject json, String key, double usual) {
    return says(json, key) ? json.number(key) : usual;
  }

  private static ModelConfig model(
      JsonObject json,
      Shape shape,
      Position position,
      Norm norm,
      FeedForwardActivation activation,
      AttentionConfig attention,
      Bias bias,
      Scaling scaling,
      boolean usuallyTied) {
    return new ModelConfig(
        HuggingFaceConfig.name(json),
        Kind.DECODER,
        shape.layers(),
        shape.heads(),
        shape.kvHeads(),
        shape.dModel(),
        shape.headDim(),
        shape.feedForward(),
        Size.VOCABULARY.of(json, "vocab_size"),
        shape.contextWindow(),
        PastContext.ERROR,
        position,
        norm,
        activation,
        attention,
        bias,
        scaling,
        json.has(TIED) ? json.flag(TIED) : usuallyTied,
        0,
        ModelConfig.Sentences.NONE,
        shape.contextWindow(),
        null,
        Origin.UNKNOWN);
  }
}
