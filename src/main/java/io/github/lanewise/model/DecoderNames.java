package io.github.lanewise.model;

import io.github.lanewise.model.CheckpointNames.Values;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.Placement;
import io.github.lanewise.op.Rope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What families of decoders call their weights, as Hugging Face names them. */
final class DecoderNames {
  /** GPT-2 (Radford et al. 2019); its layers are Conv1D, stored [in, out]. */
  private static final CheckpointNames GPT2 =
      new CheckpointNames(
          "transformer.",
          "h.",
          named(
              Tensor.TOKENS,
              "wte.weight",
              Tensor.POSITIONS,
              "wpe.weight",
              Tensor.LOGITS,
              "lm_head.weight",
              Tensor.gain(Tensor.FINAL_NORM),
              "ln_f.weight",
              Tensor.shift(Tensor.FINAL_NORM),
              "ln_f.bias"),
          named(
              "attentionNorm.gain", "ln_1.weight",
              "attentionNorm.shift", "ln_1.bias",
              "qkv.weight", "attn.c_attn.weight",
              "qkv.bias", "attn.c_attn.bias",
              "output.weight", "attn.c_proj.weight",
              "output.bias", "attn.c_proj.bias",
              "feedForwardNorm.gain", "ln_2.weight",
              "feedForwardNorm.shift", "ln_2.bias",
              "up.weight", "mlp.c_fc.weight",
              "up.bias", "mlp.c_fc.bias",
              "down.weight", "mlp.c_proj.weight",
              "down.bias", "mlp.c_proj.bias"),
          Values.TRANSPOSED_LAYERS);

  /** Llama (Touvron et al. 2023), Mistral, Qwen 3. */
  private static final CheckpointNames LLAMA =
      llama(
          Values.PLAIN,
          named(
              "attentionNorm.gain", "input_layernorm.weight",
              "feedForwardNorm.gain", "post_attention_layernorm.weight"));

  /** Gemma 3 (2025), which has two more norms and keeps gains less 1. */
  private static final CheckpointNames GEMMA3 =
      llama(
          Values.GAINS_LESS_ONE,
          named(
              "attentionNorm.gain", "input_layernorm.weight",
              "attentionNormAfter.gain", "post_attention_layernorm.weight",
              "feedForwardNorm.gain", "pre_feedforward_layernorm.weight",
              "feedForwardNormAfter.gain", "post_feedforward_layernorm.weight"));

  private DecoderNames() {}

  /** The family of a decoder, or null if none is known. */
  static @Nullable CheckpointNames of(ModelConfig config) {
    if (config.norm().embedding()) {
      return null;
    }
    NormType norm = config.norm().type();
    Placement placement = config.norm().placement();
    boolean gated = config.activation().gated();
    if (config.position() instanceof Position.Learned) {
      boolean plain = !gated && !config.attention().queryKeyNorm();
      return norm == NormType.LAYER && placement == Placement.PRE && plain ? GPT2 : null;
    }
    boolean turnsHalves =
        config.position() instanceof Position.Rotary rotary
            && rotary.pairing() == Rope.Pairing.HALVES;
    if (!turnsHalves || norm != NormType.RMS || !gated || placement == Placement.POST) {
      return null;
    }
    return placement == Placement.SANDWICH ? GEMMA3 : LLAMA;
  }

  private static CheckpointNames llama(Values values, Map<String, List<String>> norms) {
    Map<String, List<String>> inLayer = new HashMap<>(norms);
    for (String kind : List.of("weight", "bias")) {
      inLayer.put(
          "qkv." + kind,
          List.of(
              "self_attn.q_proj." + kind, "self_attn.k_proj." + kind, "self_attn.v_proj." + kind));
      inLayer.put("output." + kind, List.of("self_attn.o_proj." + kind));
      inLayer.put("up." + kind, List.of("mlp.gate_proj." + kind, "mlp.up_proj." + kind));
      inLayer.put("down." + kind, List.of("mlp.down_proj." + kind));
    }
    inLayer.put("queryNorm.gain", List.of("self_attn.q_norm.weight"));
    inLayer.put("keyNorm.gain", List.of("self_attn.k_norm.weight"));
    return new CheckpointNames(
        "model.",
        "layers.",
        named(
            Tensor.TOKENS,
            "embed_tokens.weight",
            Tensor.LOGITS,
            "lm_head.weight",
            Tensor.gain(Tensor.FINAL_NORM),
            "norm.weight"),
        Map.copyOf(inLayer),
        values);
  }

  /** Ours and theirs in turn. */
  private static Map<String, List<String>> named(String... pairs) {
    Map<String, List<String>> names = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      names.put(pairs[i], List.of(pairs[i + 1]));
    }
    return Map.copyOf(names);
  }
}
