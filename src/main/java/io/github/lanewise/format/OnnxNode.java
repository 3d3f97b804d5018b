package io.github.lanewise.format;

import java.util.List;
import java.util.Map;

/**
 * One operation of an ONNX graph.
 *
 * @param name what its exporter called it, perhaps empty
 * @param op the operator, such as MatMul
 * @param domain whose operator; empty for ONNX's own
 * @param inputs names of values; empty where an optional one is left out
 * @param outputs names of values
 * @param attributes its settings, less those that are graphs, texts or tensors
 */
public record OnnxNode(
    String name,
    String op,
    String domain,
    List<String> inputs,
    List<String> outputs,
    Map<String, OnnxAttribute> attributes) {

  /** Whether it is this operator of ONNX's own. */
  public boolean is(String operator) {
    return op.equals(operator) && (domain.isEmpty() || domain.equals("ai.onnx"));
  }

  /** The input of an index, or an empty text if there is none. */
  public String input(int index) {
    return index < inputs.size() ? inputs.get(index) : "";
  }

  /** A whole number, or {@code otherwise} if it is not set. */
  public long whole(String attribute, long otherwise) {
    OnnxAttribute value = attributes.get(attribute);
    return value == null ? otherwise : value.whole();
  }

  /** A number, or {@code otherwise} if it is not set. */
  public float number(String attribute, float otherwise) {
    OnnxAttribute value = attributes.get(attribute);
    return value == null ? otherwise : value.number();
  }

  /** A list of whole numbers, empty if it is not set. */
  public List<Long> wholes(String attribute) {
    OnnxAttribute value = attributes.get(attribute);
    return value == null ? List.of() : value.wholes();
  }
}
