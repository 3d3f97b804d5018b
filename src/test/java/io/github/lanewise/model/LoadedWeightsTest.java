package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static io.github.lanewise.testing.SafetensorsWriter.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.format.TensorFile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.model.BertOnnx.Product;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Weights written to files, and read back. */
class LoadedWeightsTest {
  private static final ModelConfig CONFIG = Models.load("tiny-encoder");
  private static Lanewise runtime;
  private static Weights original;
  private static Map<String, Matrix> tensors;

  @TempDir private Path folder;

  @BeforeAll
  static void makeWeights() {
    runtime = Lanewise.create(2);
    original = Weights.random(runtime, CONFIG, 5);
    tensors = BertFiles.tensors(original);
  }

  @AfterAll
  static void close() {
    original.close();
    runtime.close();
  }

  @ParameterizedTest
  @CsvSource({"F32, ''", "F32, bert.", "F16, ''", "BF16, bert."})
  void safetensorsAreReadInAnyStorage(Storage storage, String prefix) {
    byte[] file =
        BertFiles.safetensors(tensors, storage, prefix)
            .add(prefix + "encoder.layer.+5.weight", "F32", floats(1), 1)
            .add(prefix + "pooler.dense.weight", "F32", floats(1), 1)
            .add(prefix + "embeddings.position_ids", "I64", new byte[8], 1)
            .bytes();
    Path path = write("model.safetensors", file);
    for (Path named : List.of(path, folder)) {
      try (Weights loaded = Weights.load(runtime, CONFIG, named)) {
        assertEquals(original.bytes(), loaded.bytes());
        forEachTensor(
            loaded, (expected, actual) -> assertSameBits(rounded(expected, storage), actual));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void onnxGraphsAreReadHoweverTheyAreWritten(Product product) {
    for (boolean decomposed : new boolean[] {false, true}) {
      for (boolean types : new boolean[] {false, true}) {
        byte[] file =
            new BertOnnx(tensors, product, decomposed, types).bytes(CONFIG.layers(), false);
        try (Weights loaded = Weights.load(runtime, CONFIG, write("model.onnx", file))) {
          forEachTensor(loaded, (expected, actual) -> assertSameBits(expected, actual));
        }
      }
    }
  }

  @Test
  void refusesAnotherArchitecture() {
    byte[] graph = new BertOnnx(tensors, Product.GEMM, true, true).bytes(CONFIG.layers(), false);
    Path onnx = write("model.onnx", graph);
    byte[] named = BertFiles.safetensors(tensors, Storage.F32, "").bytes();
    Path safetensors = write("model.safetensors", named);
    for (Path file : List.of(onnx, safetensors)) {
      refuses(CONFIG.withLayers(1), file, "has 2 layers, must have the 1 of the config");
    }
    ModelConfig wider =
        ModelConfig.parse("wide", json("\"feedForward\": 131", "\"feedForward\": 132"));
    refuses(
        wider,
        safetensors,
        "tensor encoder.layer.0.intermediate.dense.weight has shape [131, 65], must have [132, 65]");
    refuses(wider, onnx, "(encoder.layer.0.intermediate.dense.weight) has shape [131, 65]");
    ModelConfig decoder = Models.load("tiny-llama");
    refuses(decoder, safetensors, "has 0 layers, must have the 2 of the config");
    assertThrows(
        IllegalArgumentException.class, () -> Weights.load(runtime, decoder, onnx).close());
  }

  @Test
  void refusesGraphsThatAreNoBert() {
    byte[] swapped =
        new BertOnnx(tensors, Product.TURNED_BEFORE, false, true).bytes(CONFIG.layers(), true);
    refuses(CONFIG, write("swapped.onnx", swapped), "encoder.layer.0.");
  }

  @Test
  void refusesMissingAndMisshapenTensors() {
    for (String name : List.copyOf(tensors.keySet())) {
      Map<String, Matrix> fewer = new LinkedHashMap<>(tensors);
      fewer.remove(name);
      byte[] file = BertFiles.safetensors(fewer, Storage.F32, "").bytes();
      refuses(CONFIG, write("fewer.safetensors", file), "no tensor " + name + ", must have one of");
      fewer.put(name, Matrix.allocate(Arena.ofAuto(), 3, 4));
      file = BertFiles.safetensors(fewer, Storage.F32, "").bytes();
      refuses(
          CONFIG,
          write("shape.safetensors", file),
          "tensor " + name + " has shape [3, 4], must have");
    }
    Map<String, Matrix> fewer = new LinkedHashMap<>(tensors);
    fewer.remove("embeddings.LayerNorm.bias");
    byte[] integers =
        BertFiles.safetensors(fewer, Storage.F32, "")
            .add("embeddings.LayerNorm.bias", "I32", new byte[4 * 65], 65)
            .bytes();
    refuses(CONFIG, write("ints.safetensors", integers), "is of I32, must be of F32, F16 or BF16");
  }

  /** A table of 8 TB: taking memory for it first would end in an OutOfMemoryError. */
  @Test
  void shapesAreCheckedBeforeMemoryIsTaken() {
    Map<String, Matrix> bad = new LinkedHashMap<>(tensors);
    bad.put("embeddings.word_embeddings.weight", Matrix.allocate(Arena.ofAuto(), 3, 4));
    Path file = write("shape.safetensors", BertFiles.safetensors(bad, Storage.F32, "").bytes());
    String huge =
        Models.json("tiny-encoder")
            .replace("\"vocabulary\": 193", "\"vocabulary\": 16777216")
            .replace("\"dModel\": 65", "\"dModel\": 131072");
    ModelConfig config =
        ModelConfig.parse("huge", huge.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    refuses(config, file, "has shape [3, 4], must have [16777216, 131072]");
  }

  @Test
  void aFileCutShortMeanwhileIsNamed() throws IOException {
    Path path = write("cut.safetensors", BertFiles.safetensors(tensors, Storage.F32, "").bytes());
    try (TensorFile file = TensorFiles.open(path)) {
      Files.write(path, new byte[0]);
      WeightsException error =
          assertThrows(WeightsException.class, () -> Weights.load(runtime, CONFIG, file).close());
      assertTrue(
          String.valueOf(error.getMessage()).startsWith(path + ": was cut short"),
          error.getMessage());
    }
  }

  @Test
  void saysWhatIsNoWeightFile() {
    refuses(CONFIG, folder, "is a folder without model.safetensors");
    refuses(CONFIG, folder.resolve("gone.onnx"), "no such file");
    refuses(CONFIG, write("model.bin", new byte[9]), "must be a folder, or a file that ends in");
    refuses(CONFIG, write("bad.safetensors", new byte[9]), "header length is 0");
  }

  private static void refuses(ModelConfig config, Path file, String words) {
    WeightsException error =
        assertThrows(WeightsException.class, () -> Weights.load(runtime, config, file).close());
    assertTrue(String.valueOf(error.getMessage()).startsWith(file.toString()), error.getMessage());
    assertTrue(String.valueOf(error.getMessage()).contains(words), error.getMessage());
  }

  private interface Pair {
    void compare(Matrix expected, Matrix actual);
  }

  private static void forEachTensor(Weights loaded, Pair pair) {
    List<Tensor> all = new ArrayList<>(Tensor.aroundLayers(CONFIG));
    for (int layer = 0; layer < CONFIG.layers(); layer++) {
      all.addAll(Tensor.ofLayer(CONFIG, layer));
    }
    for (Tensor tensor : all) {
      pair.compare(values(original, tensor), values(loaded, tensor));
    }
  }

  private static Matrix values(Weights weights, Tensor tensor) {
    if (!tensor.isPacked()) {
      return weights.matrix(tensor.name());
    }
    PackedWeights packed = weights.linear(tensor.name());
    return BertFiles.unpack(packed);
  }

  private static Matrix rounded(Matrix matrix, Storage storage) {
    Matrix rounded =
        Matrix.copyOf(Arena.ofAuto(), matrix.rows(), matrix.columns(), matrix.toArray());
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        float x = matrix.get(r, c);
        rounded.set(
            r,
            c,
            switch (storage) {
              case F32 -> x;
              case F16 -> Float.float16ToFloat(Float.floatToFloat16(x));
              case BF16 -> Float.intBitsToFloat(Storage.toBfloat16(x) << 16);
            });
      }
    }
    return rounded;
  }

  private static byte[] json(String piece, String replacement) {
    String json = Models.json("tiny-encoder");
    assertTrue(json.contains(piece));
    return json.replace(piece, replacement).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private Path write(String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
