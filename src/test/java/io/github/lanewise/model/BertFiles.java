package io.github.lanewise.model;

import static io.github.lanewise.testing.SafetensorsWriter.floats;
import static io.github.lanewise.testing.SafetensorsWriter.shorts;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.PackedWeights;
import io.github.lanewise.testing.SafetensorsWriter;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights of an encoder as Hugging Face would save them. */
final class BertFiles {
  private final ModelConfig config;
  private final Weights weights;
  private final Map<String, Matrix> tensors = new LinkedHashMap<>();

  private BertFiles(Weights weights) {
    this.weights = weights;
    config = weights.config();
  }

  /** Matrices [out, in] and vectors [1, n] by their published names. */
  static Map<String, Matrix> tensors(Weights weights) {
    BertFiles files = new BertFiles(weights);
    files.collect();
    return files.tensors;
  }

  private void collect() {
    tensors.put("embeddings.word_embeddings.weight", weights.matrix("tokens"));
    tensors.put("embeddings.position_embeddings.weight", weights.matrix("positions"));
    tensors.put("embeddings.token_type_embeddings.weight", weights.matrix("tokenTypes"));
    norm("embeddings.LayerNorm", "embeddingNorm");
    for (int i = 0; i < config.layers(); i++) {
      String theirs = "encoder.layer." + i + ".";
      String ours = "layers." + i + ".";
      String[] parts = {"query", "key", "value"};
      for (int part = 0; part < 3; part++) {
        int first = part * config.dModel();
        String name = theirs + "attention.self." + parts[part];
        Matrix qkv = unpack(weights.linear(ours + "qkv.weight"));
        tensors.put(name + ".weight", qkv.rowRange(first, config.dModel()));
        Matrix bias = weights.matrix(ours + "qkv.bias");
        tensors.put(name + ".bias", bias.columnRange(first, config.dModel()));
      }
      linear(theirs + "attention.output.dense", ours + "output");
      norm(theirs + "attention.output.LayerNorm", ours + "attentionNorm");
      linear(theirs + "intermediate.dense", ours + "up");
      linear(theirs + "output.dense", ours + "down");
      norm(theirs + "output.LayerNorm", ours + "feedForwardNorm");
    }
  }

  private void linear(String theirs, String ours) {
    tensors.put(theirs + ".weight", unpack(weights.linear(ours + ".weight")));
    tensors.put(theirs + ".bias", weights.matrix(ours + ".bias"));
  }

  private void norm(String theirs, String ours) {
    tensors.put(theirs + ".weight", weights.matrix(ours + ".gain"));
    tensors.put(theirs + ".bias", weights.matrix(ours + ".shift"));
  }

  static Matrix unpack(PackedWeights packed) {
    Matrix rows = Matrix.allocate(Arena.ofAuto(), packed.outFeatures(), packed.inFeatures());
    for (int row = 0; row < rows.rows(); row++) {
      packed.getRow(row, rows, row);
    }
    return rows;
  }

  static long[] shape(Matrix matrix) {
    return matrix.rows() == 1
        ? new long[] {matrix.columns()}
        : new long[] {matrix.rows(), matrix.columns()};
  }

  /** A file of tensors in a storage. */
  static SafetensorsWriter safetensors(
      Map<String, Matrix> tensors, Storage storage, String prefix) {
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.add("odd", "U8", new byte[] {1}); // so that nothing is aligned
    tensors.forEach(
        (name, matrix) ->
            writer.add(prefix + name, storage.name(), bytes(matrix, storage), shape(matrix)));
    return writer;
  }

  static byte[] bytes(Matrix matrix, Storage storage) {
    float[] values = matrix.toArray();
    if (storage == Storage.F32) {
      return floats(values);
    }
    short[] bits = new short[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] =
          storage == Storage.F16 ? Float.floatToFloat16(values[i]) : Storage.toBfloat16(values[i]);
    }
    return shorts(bits);
  }
}
