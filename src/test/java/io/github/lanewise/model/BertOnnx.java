package io.github.lanewise.model;

import static io.github.lanewise.testing.OnnxWriter.F32;
import static io.github.lanewise.testing.SafetensorsWriter.floats;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.OnnxWriter;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** Writes an encoder as an ONNX graph, in each of the ways that exporters do. */
final class BertOnnx {
  /** How a product with a weight is written. */
  enum Product {
    /** With the matrix as [in, out]. */
    TURNED_BEFORE,
    /** With the matrix as [out, in] and a Transpose. */
    TURNED_IN_THE_GRAPH,
    /** As Gemm with transB. */
    GEMM
  }

  private final OnnxWriter onnx = new OnnxWriter();
  private final Map<String, Matrix> tensors;
  private final Product product;
  private final boolean decomposedNorm;
  private final boolean typesFromInput;
  private int names;

  BertOnnx(
      Map<String, Matrix> tensors,
      Product product,
      boolean decomposedNorm,
      boolean typesFromInput) {
    this.tensors = tensors;
    this.product = product;
    this.decomposedNorm = decomposedNorm;
    this.typesFromInput = typesFromInput;
  }

  /** The file; {@code swap} writes values where keys belong, a graph that is no BERT. */
  byte[] bytes(int layers, boolean swap) {
    onnx.input("input_ids").input("attention_mask").input("token_type_ids");
    onnx.tensor("scale", F32, floats(3)).tensor("ids", 7, new byte[64 * 8], 1, 64);
    onnx.tensor("epsilon", F32, floats(1e-12f)).tensor("two", F32, floats(2));
    String mask = onnx.node("Mul", onnx.node("Cast", "attention_mask"), "scale");
    String positions = onnx.node("Slice", "ids", onnx.node("Shape", "input_ids"));
    String types = typesFromInput ? "token_type_ids" : onnx.node("Expand", "ids", positions);
    String words = onnx.node("Gather", table("word"), onnx.node("Cast", "input_ids"));
    String sum = onnx.node("Add", words, onnx.node("Gather", table("token_type"), types));
    sum = onnx.node("Add", sum, onnx.node("Gather", table("position"), positions));
    String x = norm("embeddings.LayerNorm", sum);
    for (int i = 0; i < layers; i++) {
      x = layer("encoder.layer." + i + ".", x, mask, swap);
    }
    onnx.node("Tanh", linear("pooler.dense", onnx.node("Gather", x, "scale")));
    return onnx.bytes();
  }

  private String layer(String prefix, String x, String mask, boolean swap) {
    String self = prefix + "attention.self.";
    // Values first, and keys before queries: their order must not matter.
    String v = heads(linear(self + (swap ? "key" : "value"), x));
    String k = heads(linear(self + "key", swap ? v : x));
    String q = heads(linear(self + "query", x));
    String scores = onnx.node("MatMul", q, onnx.node("Transpose", k));
    scores = onnx.node("Add", mask, onnx.node("Div", scores, "scale"));
    String weighted = heads(onnx.node("MatMul", onnx.node("Softmax", scores), v));
    String output = linear(prefix + "attention.output.dense", weighted);
    String normed = norm(prefix + "attention.output.LayerNorm", onnx.node("Add", output, x));
    String up = linear(prefix + "intermediate.dense", normed);
    String gelu = onnx.node("Mul", up, onnx.node("Erf", onnx.node("Div", up, "scale")));
    String down = linear(prefix + "output.dense", gelu);
    return norm(prefix + "output.LayerNorm", onnx.node("Add", normed, down));
  }

  private String heads(String x) {
    return onnx.node("Transpose", onnx.node("Reshape", x, onnx.node("Shape", x)));
  }

  private String linear(String name, String x) {
    Matrix weight = tensors.getOrDefault(name + ".weight", Matrix.allocate(Arena.ofAuto(), 65, 65));
    String bias = vector(name + ".bias");
    return switch (product) {
      case TURNED_BEFORE -> onnx.node("Add", bias, onnx.node("MatMul", x, tensor(turned(weight))));
      case TURNED_IN_THE_GRAPH ->
          onnx.node("Add", onnx.node("MatMul", x, onnx.node("Transpose", tensor(weight))), bias);
      case GEMM ->
          onnx.node(
              "Gemm",
              List.of(onnx.node("Reshape", x, onnx.node("Shape", x)), tensor(weight), bias),
              node -> OnnxWriter.attribute(node, "transB", 1));
    };
  }

  private String norm(String name, String x) {
    String gain = vector(name + ".weight");
    String shift = vector(name + ".bias");
    if (!decomposedNorm) {
      return onnx.node("LayerNormalization", x, gain, shift);
    }
    String centred = onnx.node("Sub", x, onnx.node("ReduceMean", x));
    String variance = onnx.node("ReduceMean", onnx.node("Pow", centred, "two"));
    String deviation = onnx.node("Sqrt", onnx.node("Add", variance, "epsilon"));
    return onnx.node("Add", onnx.node("Mul", onnx.node("Div", centred, deviation), gain), shift);
  }

  private String table(String name) {
    return tensor(tensors.get("embeddings." + name + "_embeddings.weight"));
  }

  private String vector(String name) {
    return tensor(tensors.getOrDefault(name, Matrix.allocate(Arena.ofAuto(), 1, 65)));
  }

  /** Under a name that says nothing. */
  private String tensor(Matrix matrix) {
    String name = "onnx::MatMul_" + names++;
    onnx.tensor(name, F32, floats(matrix.toArray()), BertFiles.shape(matrix));
    return name;
  }

  private static Matrix turned(Matrix matrix) {
    Matrix turned = Matrix.allocate(Arena.ofAuto(), matrix.columns(), matrix.rows());
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        turned.set(c, r, matrix.get(r, c));
      }
    }
    return turned;
  }
}
