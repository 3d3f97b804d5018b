package io.github.lanewise.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.model.AttentionConfig.Reach;
import io.github.lanewise.model.ModelConfig.Bias;
import io.github.lanewise.op.Rope.Pairing;
import io.github.lanewise.op.RopeScaling;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Published config.json files of decoders, less what concerns training and tokens. */
class HuggingFaceDecoderTest {
  private static final String GPT2 =
      """
      {
        "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1, "bos_token_id": 50256, "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2", "n_ctx": 1024, "n_embd": 1600, "n_head": 25, "n_layer": 48,
        "n_positions": 1024, "output_past": true, "vocab_size": 50257
      }
      """;

  private static final String LLAMA_2 =
      """
      {
        "_name_or_path": "meta-llama/Llama-2-70b-hf", "hidden_act": "silu", "hidden_size": 8192,
        "intermediate_size": 28672, "max_position_embeddings": 4096, "model_type": "llama",
        "num_attention_heads": 64, "num_hidden_layers": 80, "num_key_value_heads": 8,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": null,
        "tie_word_embeddings": false, "torch_dtype": "float16", "vocab_size": 32000
      }
      """;

  private static final String MISTRAL =
      """
      {
        "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32,
        "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0, "sliding_window": 4096, "tie_word_embeddings": false,
        "vocab_size": 32000
      }
      """;

  private static final String QWEN_3 =
      """
      {
        "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024,
        "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28,
        "model_type": "qwen3", "num_attention_heads": 16, "num_hidden_layers": 28,
        "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": null,
        "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true,
        "use_sliding_window": false, "vocab_size": 151936
      }
      """;

  private static final String GEMMA_3 =
      """
      {
        "_sliding_window_pattern": 6, "attention_bias": false, "attn_logit_softcapping": null,
        "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": 640, "intermediate_size": 2048,
        "layer_types": [
          "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention",
          "sliding_attention", "full_attention", "sliding_attention", "sliding_attention",
          "sliding_attention", "sliding_attention", "sliding_attention", "full_attention",
          "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention",
          "sliding_attention", "full_attention"
        ],
        "max_position_embeddings": 32768, "model_type": "gemma3_text", "num_attention_heads": 4,
        "num_hidden_layers": 18, "num_key_value_heads": 1, "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000.0, "rope_scaling": null,
        "rope_theta": 1000000.0, "sliding_window": 512, "use_bidirectional_attention": false,
        "vocab_size": 262144
      }
      """;

  @Test
  void areOurOwnConfigsOfTheSameModels() {
    assertSame("gpt2-1.5b", GPT2);
    assertSame("llama-2-70b", LLAMA_2);
    assertSame("mistral-7b", MISTRAL);
    assertSame("qwen3-0.6b", QWEN_3);
    assertSame("gemma-3-270m", GEMMA_3);
    assertEquals("meta-llama/Llama-2-70b-hf", parse(LLAMA_2).name());
    assertEquals("mistral", parse(MISTRAL).name());
  }

  private static void assertSame(String own, String theirs) {
    assertEquals(shape(Models.load(own)), shape(parse(theirs)));
  }

  private static String shape(ModelConfig config) {
    return config.toString().replaceFirst("name=[^,]*", "").replaceFirst("origin=.*", "");
  }

  @Test
  void whatMayBeLeftOutIsAsTransformersHasIt() {
    ModelConfig plain =
        parse(
            LLAMA_2
                .replace("\"num_key_value_heads\": 8,", "")
                .replace("\"rms_norm_eps\": 1e-05, ", "")
                .replace("\"hidden_act\": \"silu\", ", "")
                .replace("\"tie_word_embeddings\": false, ", ""));
    assertEquals(64, plain.kvHeads());
    assertEquals(1e-6, plain.norm().epsilon());
    assertFalse(plain.tiedEmbeddings());
    assertEquals(parse(LLAMA_2).activation(), plain.activation());
    for (String key : List.of("head_dim", "_sliding_window_pattern", "layer_types")) {
      String fewer = GEMMA_3.replaceFirst("\"" + key + "\": (\\[[^]]*]|[^,]*),", "");
      assertFalse(fewer.contains("\"" + key + "\""));
      assertEquals(parse(GEMMA_3), parse(fewer));
    }
    assertTrue(
        parse(LLAMA_2.replace("\"pretraining_tp\": 1", "\"mlp_bias\": true")).bias().feedForward());
  }

  /** Each family's own sizes: those of its config class in transformers 5. */
  @ParameterizedTest
  @CsvSource({
    "llama, 32, 32, 32, 4096, 128, 11008, 32000, 2048, 10000, 0, false",
    "mistral, 32, 32, 8, 4096, 128, 14336, 32000, 131072, 10000, 4096, false",
    "qwen3, 32, 32, 32, 4096, 128, 22016, 151936, 32768, 10000, 0, false",
    "gemma3_text, 26, 8, 4, 2304, 256, 9216, 262208, 131072, 1000000, 4096, true",
    "gpt2, 12, 12, 12, 768, 64, 3072, 50257, 1024, 0, 0, true",
  })
  void aFileThatSaysNothingIsTheFamilysUsualModel(
      String family,
      int layers,
      int heads,
      int kvHeads,
      int width,
      int headDim,
      int feedForward,
      int vocabulary,
      int contextWindow,
      double theta,
      int window,
      boolean tied) {
    ModelConfig usual = parse("{\"model_type\": \"" + family + "\"}");
    assertEquals(layers, usual.layers());
    assertEquals(heads, usual.heads());
    assertEquals(kvHeads, usual.kvHeads());
    assertEquals(width, usual.dModel());
    assertEquals(headDim, usual.headDim());
    assertEquals(feedForward, usual.feedForward());
    assertEquals(vocabulary, usual.vocabulary());
    assertEquals(contextWindow, usual.contextWindow());
    assertEquals(window, usual.attention().window());
    assertEquals(tied, usual.tiedEmbeddings());
    assertEquals(family.equals("gpt2") ? 1e-5 : 1e-6, usual.norm().epsilon());
    assertEquals(theta, usual.position() instanceof Position.Rotary rotary ? rotary.theta() : 0);
  }

  @Test
  void aNumberOfHeadsThatIsNullIsAnotherThanNone() {
    assertEquals(8, parse(MISTRAL.replace("\"num_key_value_heads\": 8,", "")).kvHeads());
    String none = "\"num_key_value_heads\": null,";
    assertEquals(32, parse(MISTRAL.replace("\"num_key_value_heads\": 8,", none)).kvHeads());
    assertEquals(16, parse(QWEN_3.replace("\"num_key_value_heads\": 8,", none)).kvHeads());
  }

  @Test
  void onlyFamiliesThatHaveBiasesGetThem() {
    String biases = "\"attention_bias\": true, \"mlp_bias\": true, \"vocab_size\"";
    assertEquals(Bias.NONE, parse(MISTRAL.replace("\"vocab_size\"", biases)).bias());
    assertEquals(
        new Bias(true, true, true), parse(LLAMA_2.replace("\"vocab_size\"", biases)).bias());
    String qwen = QWEN_3.replace("\"attention_bias\": false", "\"attention_bias\": true");
    assertEquals(
        new Bias(true, true, false),
        parse(qwen.replace("\"vocab_size\"", "\"mlp_bias\": true, \"vocab_size\"")).bias());
  }

  @Test
  void scalingExtendsTheContextWindow() {
    // Qwen's own advice: the factor is added, and 40960 positions stay in the file.
    assertEquals(
        131_072,
        window(
            QWEN_3,
            "\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32768"));
    assertEquals(16_384, window(LLAMA_2, "\"rope_type\": \"yarn\", \"factor\": 4.0"));
    // Yarn-Llama-2: the file says both.
    String extended = LLAMA_2.replace("4096, \"model_type\"", "65536, \"model_type\"");
    String yarn = "\"type\": \"yarn\", \"factor\": 16, \"original_max_position_embeddings\": 4096";
    assertEquals(65_536, window(extended, yarn));
    String ratio = yarn.replace("16", "null");
    assertEquals(65_536, window(extended, ratio));
    assertEquals(16, ((RopeScaling.Yarn) scaling(extended, ratio)).factor());
    // Llama 3.2: a factor of 32 for a window of 16 times the trained one.
    String llama3 =
        "\"rope_type\": \"llama3\", \"factor\": 32, \"low_freq_factor\": 1.0, "
            + "\"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 8192";
    assertEquals(
        131_072, window(LLAMA_2.replace("4096, \"model_type\"", "131072, \"model_type\""), llama3));
    for (String type : List.of("linear", "dynamic", "ntk")) {
      assertEquals(4096, window(LLAMA_2, "\"type\": \"" + type + "\", \"factor\": 2"));
    }
    assertEquals(new RopeScaling.None(), scaling(LLAMA_2, "\"type\": \"dynamic\", \"factor\": 2"));
  }

  @Test
  void whatScalingDoesNotSayIsLookedForBesideIt() {
    String inside = "\"rope_parameters\": {\"rope_type\": \"default\"}, \"rope_theta\": 5e5";
    String json = LLAMA_2.replace("\"rope_scaling\": null", inside);
    assertEquals(new Position.Rotary(5e5, Pairing.HALVES), parse(json).position());
    String first =
        "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2, \"rope_theta\": 7e5},"
            + " \"rope_parameters\": {\"rope_theta\": 3}, \"rope_theta\": 5e5";
    assertEquals(
        new Position.Rotary(7e5, Pairing.HALVES, 0, new RopeScaling.Linear(2), 0),
        parse(LLAMA_2.replace("\"rope_scaling\": null", first)).position());
    String gemma = "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 4e6}}";
    assertEquals(
        new Position.Rotary(4e6, Pairing.HALVES, 0, new RopeScaling.None(), 10_000),
        parse(GEMMA_3.replace("\"rope_scaling\": null", gemma)).position());
  }

  private static int window(String json, String keys) {
    return parse(json.replace("\"rope_scaling\": null", "\"rope_scaling\": {" + keys + "}"))
        .contextWindow();
  }

  @Test
  void windowsMayBeSwitchedOffOrOnForSomeLayers() {
    AttentionConfig off =
        parse(MISTRAL.replace("\"sliding_window\": 4096", "\"sliding_window\": null")).attention();
    assertEquals(AttentionConfig.of(AttentionConfig.Mask.CAUSAL, 128), off);
    String on =
        QWEN_3
            .replace("\"use_sliding_window\": false", "\"use_sliding_window\": true")
            .replace("\"sliding_window\": null", "\"sliding_window\": 100")
            .replace("\"max_window_layers\": 28", "\"max_window_layers\": 27");
    AttentionConfig last = parse(on).attention();
    assertEquals(100, last.window());
    for (int layer = 0; layer < 28; layer++) {
      assertEquals(layer < 27 ? Reach.GLOBAL : Reach.LOCAL, last.reach(layer));
    }
    String alternating =
        GEMMA_3
            .replaceFirst("\"layer_types\": \\[[^]]*],", "")
            .replace("_pattern\": 6", "_pattern\": 2");
    assertEquals(List.of(Reach.LOCAL, Reach.GLOBAL), parse(alternating).attention().pattern());
    String global =
        GEMMA_3.replaceFirst(
            "\"layer_types\": \\[[^]]*]",
            "\"layer_types\": " + Collections.nCopies(18, "\"full_attention\""));
    assertEquals(0, parse(global).attention().window());
    assertEquals(new Position.Rotary(1e6, Pairing.HALVES), parse(global).position());
  }

  @Test
  void scalingIsReadInEveryForm() {
    String llama3 =
        "\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, "
            + "\"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 8192";
    assertEquals(new RopeScaling.Llama3(8, 1, 4, 8192), scaling(llama3));
    assertEquals(new RopeScaling.Linear(2), scaling("\"type\": \"linear\", \"factor\": 2"));
    assertEquals(new RopeScaling.None(), scaling("\"rope_type\": \"default\""));
    double usual = RopeScaling.Yarn.usualFactor(4);
    assertEquals(
        new RopeScaling.Yarn(4, 4096, 32, 1, usual),
        scaling("\"rope_type\": \"yarn\", \"factor\": 4"));
    assertEquals(
        new RopeScaling.Yarn(4, 100, 16, 2, 1.5),
        scaling(
            "\"rope_type\": \"yarn\", \"factor\": 4, \"beta_fast\": 16, \"beta_slow\": 2,"
                + " \"attention_factor\": 1.5, \"original_max_position_embeddings\": 100,"
                + " \"truncate\": true"));
    String version5 =
        LLAMA_2.replace(
            "\"rope_scaling\": null",
            "\"rope_parameters\": {\"rope_theta\": 500000, \"partial_rotary_factor\": 0.5, "
                + llama3
                + "}");
    assertEquals(
        new Position.Rotary(500_000, Pairing.HALVES, 64, new RopeScaling.Llama3(8, 1, 4, 8192), 0),
        parse(version5).position());
    String gemma =
        GEMMA_3.replace(
            "\"rope_scaling\": null",
            "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 2e6, \"rope_type\":"
                + " \"linear\", \"factor\": 8}, \"sliding_attention\": {\"rope_theta\": 5000,"
                + " \"rope_type\": \"default\"}}");
    assertEquals(
        new Position.Rotary(2e6, Pairing.HALVES, 0, new RopeScaling.Linear(8), 5000),
        parse(gemma).position());
  }

  private static RopeScaling scaling(String keys) {
    return scaling(LLAMA_2, keys);
  }

  private static RopeScaling scaling(String of, String keys) {
    String json = of.replace("\"rope_scaling\": null", "\"rope_scaling\": {" + keys + "}");
    return ((Position.Rotary) parse(json).position()).scaling();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "null | {\"type\": \"longrope\"} | rope_scaling.type is \"longrope\", must be one of",
        "null | {\"factor\": 2} | rope_scaling.type is missing, must be one of \"default\"",
        "null | {\"type\": \"linear\", \"factor\": 0} | rope_scaling.factor is 0.0, must be a number",
        "null | {\"type\": \"yarn\", \"factor\": 2, \"mscale\": 1} | rope_scaling.mscale is 1.0, must be",
        "null | {\"type\": \"yarn\", \"factor\": 2, \"truncate\": false} | rope_scaling.truncate is",
        "null | {\"type\": \"llama3\", \"factor\": 2} | rope_scaling.low_freq_factor is missing",
        "null | 4 | rope_scaling is 4, must be an object {...}",
        "8192 | 8190 | num_attention_heads is 64, must divide hidden_size = 8190",
        "\"num_key_value_heads\": 8 | \"num_key_value_heads\": 7 | kvHeads is 7, must divide heads = 64",
        "\"silu\" | \"mish\" | hidden_act is \"mish\", must be one of",
        "null | {\"type\": \"yarn\", \"factor\": 100000} | contextWindow is 409600000, must be",
      })
  void namesWhatIsWrong(String piece, String replacement, String message) {
    assertRefused(LLAMA_2.replace(piece, replacement), message);
  }

  @Test
  void namesWhatIsWrongInOtherFamilies() {
    assertRefused(
        GPT2.replace("\"n_ctx\": 1024", "\"scale_attn_by_inverse_layer_idx\": true"),
        "scale_attn_by_inverse_layer_idx is true, must be false");
    assertRefused(
        GPT2.replace("\"n_ctx\": 1024", "\"scale_attn_weights\": false"),
        "scale_attn_weights is false, must be true");
    assertRefused(GPT2.replace("1600", "1601"), "n_head is 25, must divide n_embd = 1601");
    assertRefused(
        GEMMA_3.replace("\"num_hidden_layers\": 18", "\"num_hidden_layers\": 17"),
        "layer_types has 18 elements, must have one for each of 17 layers");
    assertRefused(
        GEMMA_3.replace("\"full_attention\"", "\"chunked_attention\""), "layer_types is [");
    assertRefused(
        GEMMA_3.replace(
            "\"use_bidirectional_attention\": false", "\"use_bidirectional_attention\": true"),
        "use_bidirectional_attention is true");
    assertRefused(
        MISTRAL.replace("\"sliding_window\": 4096", "\"sliding_window\": 0"),
        "sliding_window is 0, must be a whole number");
  }

  @ParameterizedTest
  @ValueSource(strings = {GPT2, LLAMA_2, MISTRAL, QWEN_3, GEMMA_3})
  void surviveBeingCut(String json) {
    String whole = json.strip();
    for (int length = 1; length < whole.length(); length++) {
      String cut = whole.substring(0, length);
      assertThrows(ConfigException.class, () -> parse(cut));
    }
  }

  private static void assertRefused(String json, String message) {
    ConfigException error = assertThrows(ConfigException.class, () -> parse(json));
    String actual = String.valueOf(error.getMessage());
    assertTrue(actual.startsWith("config.json: " + message), actual);
  }

  private static ModelConfig parse(String json) {
    return ModelConfig.parse("config.json", json.getBytes(UTF_8));
  }
}
