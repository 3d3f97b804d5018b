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
  private static final double GEMMA3_QUERY_SCALAR = 256;

  private HuggingFaceDecoder() {}

  static ModelConfig gpt2(JsonObject json) {
    HuggingFaceConfig.refuse(json, "add_cross_attention");
    HuggingFaceConfig.refuse(json, "scale_attn_by_inverse_layer_idx");
    if (json.has("scale_attn_weights") && !json.flag("scale_attn_weights")) {
      throw new IllegalArgumentException("scale_attn_weights is false, must be true or left out");
    }
    HuggingFaceShape shape = HuggingFaceShape.GPT2.readGpt2(json);
    double epsilon = number(json, "layer_norm_epsilon", 1e-5);
    return model(
        json,
        shape,
        new Position.Learned(),
        new Norm(NormType.LAYER, Placement.PRE, epsilon, false),
        HuggingFaceConfig.activation(json, "activation_function", "gelu_new"),
        AttentionConfig.of(AttentionConfig.Mask.CAUSAL, shape.headDim()),
        new Bias(true, true, true),
        Scaling.NONE,
        true);
  }

  static ModelConfig llama(JsonObject json) {
    HuggingFaceShape shape = HuggingFaceShape.LLAMA.read(json);
    boolean bias = json.flag("attention_bias");
    return llamaLike(
        json,
        shape,
        AttentionConfig.of(AttentionConfig.Mask.CAUSAL, shape.headDim()),
        new Bias(bias, bias, json.flag("mlp_bias")));
  }

  /** Without biases, whatever the file says. */
  static ModelConfig mistral(JsonObject json) {
    HuggingFaceShape shape = HuggingFaceShape.MISTRAL.read(json);
    return llamaLike(json, shape, HuggingFaceAttention.mistral(json, shape), Bias.NONE);
  }

  static ModelConfig qwen3(JsonObject json) {
    HuggingFaceShape shape = HuggingFaceShape.QWEN3.read(json);
    boolean bias = json.flag("attention_bias");
    return llamaLike(
        json, shape, HuggingFaceAttention.qwen3(json, shape), new Bias(bias, bias, false));
  }

  static ModelConfig gemma3(JsonObject json) {
    HuggingFaceConfig.refuse(json, "use_bidirectional_attention");
    HuggingFaceShape shape = HuggingFaceShape.GEMMA3.read(json);
    double scalar = number(json, "query_pre_attn_scalar", GEMMA3_QUERY_SCALAR);
    Checks.between("query_pre_attn_scalar", scalar, 1e-6, 1e6);
    AttentionConfig attention = HuggingFaceAttention.gemma3(json, shape, Math.pow(scalar, -0.5));
    Position position = HuggingFaceRope.gemma3(json, attention, shape.contextWindow());
    boolean bias = json.flag("attention_bias");
    return model(
        json,
        shape.withContextWindow(HuggingFaceRope.contextWindow(position, shape.contextWindow())),
        position,
        new Norm(NormType.RMS, Placement.SANDWICH, number(json, "rms_norm_eps", 1e-6), false),
        gated(json, "hidden_activation", "gelu_pytorch_tanh"),
        attention,
        new Bias(bias, bias, false),
        new Scaling(Math.sqrt(shape.dModel()), 1, number(json, "final_logit_softcapping", 0)),
        true);
  }

  private static ModelConfig llamaLike(
      JsonObject json, HuggingFaceShape shape, AttentionConfig attention, Bias bias) {
    Position position = HuggingFaceRope.position(json, shape);
    double epsilon = number(json, "rms_norm_eps", RMS_EPSILON);
    return model(
        json,
        shape.withContextWindow(HuggingFaceRope.contextWindow(position, shape.contextWindow())),
        position,
        new Norm(NormType.RMS, Placement.PRE, epsilon, false),
        gated(json, "hidden_act", "silu"),
        attention,
        bias,
        Scaling.NONE,
        false);
  }

  private static FeedForwardActivation gated(JsonObject json, String key, String usual) {
    return switch (HuggingFaceConfig.activation(json, key, usual)) {
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
      HuggingFaceShape shape,
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
        shape.vocabulary(),
        shape.contextWindow(),
        PastContext.ERROR,
        position,
        norm,
        activation,
        attention,
        bias,
        scaling,
        says(json, TIED) ? json.flag(TIED) : usuallyTied,
        0,
        ModelConfig.Sentences.NONE,
        shape.contextWindow(),
        null,
        Origin.UNKNOWN);
  }
}
