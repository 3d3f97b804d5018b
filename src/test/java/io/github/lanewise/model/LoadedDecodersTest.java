package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Lanewise;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights of decoders written as Hugging Face saves them, and read back. */
class LoadedDecodersTest {
  private static Lanewise runtime;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2-1.5b, transformer.",
    "gpt2-124m, ''",
    "llama-2-7b, model.",
    "mistral-7b, model.",
    "qwen3-0.6b, model.",
    "gemma-3-270m, model.",
    "gemma-3-270m, ''"
  })
  void areReadBackToTheBit(String model, String prefix) throws IOException {
    ModelConfig config = reduced(model);
    try (Weights original = Weights.random(runtime, config, 5)) {
      Path file = folder.resolve("model.safetensors");
      Map<String, Matrix> tensors = new Saved(original, prefix).tensors();
      Files.write(file, BertFiles.safetensors(tensors, Storage.F32, "").bytes());
      try (Weights loaded = Weights.load(runtime, config, folder)) {
        assertEquals(original.bytes(), loaded.bytes());
        for (Tensor tensor : all(config)) {
          assertSameBits(values(original, tensor), values(loaded, tensor));
        }
      }
      for (String name : List.copyOf(tensors.keySet())) {
        Map<String, Matrix> fewer = new LinkedHashMap<>(tensors);
        fewer.remove(name);
        Files.write(file, BertFiles.safetensors(fewer, Storage.F32, "").bytes());
        WeightsException missing =
            assertThrows(
                WeightsException.class, () -> Weights.load(runtime, config, folder).close());
        String message = String.valueOf(missing.getMessage());
        String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        assertTrue(message.contains("no tensor " + bare + ", must have"), message);
      }
    }
  }

  @Test
  void otherFormsAreRefused() throws IOException {
    Path file = Files.createFile(folder.resolve("model.safetensors"));
    try (Weights bert = Weights.random(runtime, Models.load("tiny-encoder"), 1)) {
      Files.write(file, BertFiles.safetensors(BertFiles.tensors(bert), Storage.F32, "").bytes());
    }
    String llama = Models.json("tiny-llama");
    for (String json :
        List.of(
            llama.replace("\"rope\", \"theta\": 10000", "\"alibi\""),
            llama.replace("\"theta\"", "\"pairing\": \"interleaved\", \"theta\""),
            llama.replace("\"swiglu\"", "\"silu\""),
            llama.replace("\"pre\"", "\"post\""))) {
      ModelConfig config =
          ModelConfig.parse("f", json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> Weights.load(runtime, config, file).close());
      assertTrue(String.valueOf(refused.getMessage()).contains("is of no family"));
    }
    WeightsException layers =
        assertThrows(
            WeightsException.class,
            () -> Weights.load(runtime, Models.load("tiny-llama"), file).close());
    assertTrue(String.valueOf(layers.getMessage()).contains("has 0 layers, must have the 2"));
  }

  private static ModelConfig reduced(String model) {
    return ReducedModels.decoders().stream()
        .filter(config -> config.name().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private static List<Tensor> all(ModelConfig config) {
    List<Tensor> all = new ArrayList<>(Tensor.aroundLayers(config));
    for (int layer = 0; layer < config.layers(); layer++) {
      all.addAll(Tensor.ofLayer(config, layer));
    }
    return all;
  }

  private static Matrix values(Weights weights, Tensor tensor) {
    return tensor.isPacked()
        ? BertFiles.unpack(weights.linear(tensor.name()))
        : weights.matrix(tensor.name());
  }

  /** The names and shapes of transformers, written down again. */
  private static final class Saved {
    private final Weights weights;
    private final ModelConfig config;
    private final String prefix;
    private final Map<String, Matrix> tensors = new LinkedHashMap<>();

    Saved(Weights weights, String prefix) {
      this.weights = weights;
      this.prefix = prefix;
      config = weights.config();
    }

    Map<String, Matrix> tensors() {
      if (config.position() instanceof Position.Learned) {
        gpt2();
      } else {
        llama();
      }
      return tensors;
    }

    private void gpt2() {
      tensors.put(prefix + "wte.weight", table("tokens"));
      tensors.put(prefix + "wpe.weight", table("positions"));
      layerNorm(prefix + "ln_f", "finalNorm");
      for (int i = 0; i < config.layers(); i++) {
        String theirs = prefix + "h." + i + ".";
        String ours = "layers." + i + ".";
        layerNorm(theirs + "ln_1", ours + "attentionNorm");
        layerNorm(theirs + "ln_2", ours + "feedForwardNorm");
        conv(theirs + "attn.c_attn", ours + "qkv");
        conv(theirs + "attn.c_proj", ours + "output");
        conv(theirs + "mlp.c_fc", ours + "up");
        conv(theirs + "mlp.c_proj", ours + "down");
      }
    }

    private void layerNorm(String theirs, String ours) {
      tensors.put(theirs + ".weight", weights.matrix(ours + ".gain"));
      tensors.put(theirs + ".bias", weights.matrix(ours + ".shift"));
    }

    /** [in, out]. */
    private void conv(String theirs, String ours) {
      Matrix matrix = table(ours + ".weight");
      Matrix turned = Matrix.allocate(Arena.ofAuto(), matrix.columns(), matrix.rows());
      for (int r = 0; r < matrix.rows(); r++) {
        for (int c = 0; c < matrix.columns(); c++) {
          turned.set(c, r, matrix.get(r, c));
        }
      }
      tensors.put(theirs + ".weight", turned);
      tensors.put(theirs + ".bias", weights.matrix(ours + ".bias"));
    }

    private void llama() {
      boolean gemma = config.norm().placement() == ModelConfig.Placement.SANDWICH;
      tensors.put(prefix + "embed_tokens.weight", table("tokens"));
      gain(prefix + "norm", "finalNorm", gemma);
      if (!config.tiedEmbeddings()) {
        tensors.put("lm_head.weight", table("logits.weight"));
      }
      for (int i = 0; i < config.layers(); i++) {
        String theirs = prefix + "layers." + i + ".";
        String ours = "layers." + i + ".";
        Matrix qkv = table(ours + "qkv.weight");
        int q = config.queryWidth();
        int k = config.keyWidth();
        tensors.put(theirs + "self_attn.q_proj.weight", qkv.rowRange(0, q));
        tensors.put(theirs + "self_attn.k_proj.weight", qkv.rowRange(q, k));
        tensors.put(theirs + "self_attn.v_proj.weight", qkv.rowRange(q + k, k));
        tensors.put(theirs + "self_attn.o_proj.weight", table(ours + "output.weight"));
        Matrix up = table(ours + "up.weight");
        int half = config.feedForward();
        tensors.put(theirs + "mlp.gate_proj.weight", up.rowRange(0, half));
        tensors.put(theirs + "mlp.up_proj.weight", up.rowRange(half, half));
        tensors.put(theirs + "mlp.down_proj.weight", table(ours + "down.weight"));
        if (config.attention().queryKeyNorm()) {
          gain(theirs + "self_attn.q_norm", ours + "queryNorm", gemma);
          gain(theirs + "self_attn.k_norm", ours + "keyNorm", gemma);
        }
        gain(theirs + "input_layernorm", ours + "attentionNorm", gemma);
        String afterAttention = theirs + "post_attention_layernorm";
        if (gemma) {
          gain(afterAttention, ours + "attentionNormAfter", true);
          gain(theirs + "pre_feedforward_layernorm", ours + "feedForwardNorm", true);
          gain(theirs + "post_feedforward_layernorm", ours + "feedForwardNormAfter", true);
        } else {
          gain(afterAttention, ours + "feedForwardNorm", false);
        }
      }
    }

    /** Gains lie within 0.1 of 1: 1 less and 1 more again is exact. */
    private void gain(String theirs, String ours, boolean lessOne) {
      Matrix gain = weights.matrix(ours + ".gain");
      Matrix stored = Matrix.copyOf(Arena.ofAuto(), 1, gain.columns(), gain.toArray());
      for (int i = 0; lessOne && i < gain.columns(); i++) {
        stored.set(0, i, gain.get(0, i) - 1);
      }
      tensors.put(theirs + ".weight", stored);
    }

    private Matrix table(String name) {
      Matrix plain = weights.matrixOrNull(name);
      return plain == null ? BertFiles.unpack(weights.linear(name)) : plain;
    }
  }
}
