package io.github.lanewise.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a model's weights need of an ONNX file: the graph, its initialisers and inputs. */
final class OnnxReader {
  // Field numbers of onnx.proto.
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int VALUE_NAME = 1;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_NAME = 3;
  private static final int NODE_OP = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int NODE_DOMAIN = 7;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_FLOAT = 2;
  private static final int ATTRIBUTE_INT = 3;
  private static final int ATTRIBUTE_TENSOR = 5;
  private static final int ATTRIBUTE_INTS = 8;

  private final MappedFile mapped;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<String> inputs = new ArrayList<>();
  private boolean hasGraph;

  OnnxReader(MappedFile mapped) {
    this.mapped = mapped;
  }

  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  List<OnnxNode> nodes() {
    return nodes;
  }

  List<String> inputs() {
    return inputs;
  }

  void read() {
    if (mapped.content().byteSize() > Integer.MAX_VALUE) {
      throw mapped.wrong(
          "holds %d bytes, must hold at most 2^31 - 1, as ONNX files do"
              .formatted(mapped.content().byteSize()));
    }
    ProtoReader proto = new ProtoReader(mapped);
    try {
      proto.fields(() -> model(proto));
    } catch (IOException wrong) {
      throw mapped.wrong(
          "is not valid protobuf at byte %d: %s"
              .formatted(proto.offset(), JsonText.abbreviated(String.valueOf(wrong.getMessage()))));
    }
    if (!hasGraph) {
      throw mapped.wrong("has no graph, must be an ONNX model");
    }
    checkOrder();
  }

  private void model(ProtoReader proto) throws IOException {
    if (proto.field() != MODEL_GRAPH) {
      proto.skip();
    } else if (hasGraph) {
      throw mapped.wrong("has a second graph at byte %d, must have one".formatted(proto.offset()));
    } else {
      hasGraph = true;
      proto.message(() -> graph(proto));
    }
  }

  private void graph(ProtoReader proto) throws IOException {
    switch (proto.field()) {
      case GRAPH_NODE -> node(proto);
      case GRAPH_INITIALIZER -> {
        OnnxTensor tensor = new OnnxTensor(mapped, proto);
        proto.message(tensor::field);
        add(proto, tensor.name(), tensor);
      }
      case GRAPH_INPUT -> proto.message(() -> input(proto));
      default -> proto.skip();
    }
  }

  private void input(ProtoReader proto) throws IOException {
    if (proto.field() == VALUE_NAME) {
      inputs.add(proto.text());
    } else {
      proto.skip();
    }
  }

  /** What is known of a node or attribute while it is read. */
  private static final class Draft {
    String name = "";
    String op = "";
    String domain = "";
    final List<String> inputs = new ArrayList<>(2);
    final List<String> outputs = new ArrayList<>(1);
    final Map<String, OnnxAttribute> attributes = new HashMap<>(2);
    @Nullable OnnxTensor value;
  }

  private static final class DraftAttribute {
    String name = "";
    float number;
    long whole;
    final List<Long> wholes = new ArrayList<>(0);
    @Nullable OnnxTensor tensor;
  }

  private void node(ProtoReader proto) throws IOException {
    proto.keep(4 * Long.BYTES);
    Draft draft = new Draft();
    proto.message(() -> nodeField(proto, draft));
    OnnxNode node =
        new OnnxNode(
            draft.name,
            draft.op,
            draft.domain,
            List.copyOf(draft.inputs),
            List.copyOf(draft.outputs),
            Map.copyOf(draft.attributes));
    nodes.add(node);
    if (node.is("Constant") && draft.value != null && node.outputs().size() == 1) {
      add(proto, node.outputs().getFirst(), draft.value);
    }
  }

  private void nodeField(ProtoReader proto, Draft draft) throws IOException {
    switch (proto.field()) {
      case NODE_INPUT -> draft.inputs.add(proto.text());
      case NODE_OUTPUT -> draft.outputs.add(proto.text());
      case NODE_NAME -> draft.name = proto.text();
      case NODE_OP -> draft.op = proto.text();
      case NODE_DOMAIN -> draft.domain = proto.text();
      case NODE_ATTRIBUTE -> {
        proto.keep(2 * Long.BYTES);
        DraftAttribute a = new DraftAttribute();
        proto.message(() -> attributeField(proto, a));
        OnnxAttribute attribute = new OnnxAttribute(a.number, a.whole, List.copyOf(a.wholes));
        draft.attributes.put(a.name, attribute);
        draft.value = a.name.equals("value") ? a.tensor : draft.value;
      }
      default -> proto.skip();
    }
  }

  private void attributeField(ProtoReader proto, DraftAttribute a) throws IOException {
    switch (proto.field()) {
      case ATTRIBUTE_NAME -> a.name = proto.text();
      case ATTRIBUTE_FLOAT -> a.number = proto.real();
      case ATTRIBUTE_INT -> a.whole = proto.whole();
      case ATTRIBUTE_INTS -> proto.wholes(a.wholes);
      case ATTRIBUTE_TENSOR -> {
        OnnxTensor tensor = new OnnxTensor(mapped, proto);
        proto.message(tensor::field);
        a.tensor = tensor;
      }
      default -> proto.skip();
    }
  }

  private void add(ProtoReader proto, String name, OnnxTensor tensor) {
    StoredTensor stored = tensor.stored(name);
    if (stored != null) {
      proto.keep(2 * Long.BYTES);
      if (tensors.putIfAbsent(name, stored) != null) {
        throw mapped.wrong("tensor %s stands there twice".formatted(JsonText.abbreviated(name)));
      }
    }
  }

  /** ONNX wants each value once, and before it is read: so no walk backwards can go in a circle. */
  private void checkOrder() {
    Set<String> outputs = new HashSet<>();
    nodes.forEach(node -> outputs.addAll(node.outputs()));
    outputs.remove(""); // left out, no value
    Set<String> made = new HashSet<>();
    for (OnnxNode node : nodes) {
      for (String input : node.inputs()) {
        if (outputs.contains(input) && !made.contains(input)) {
          throw mapped.wrong(
              "node %s reads %s before it is computed, must come after"
                  .formatted(JsonText.abbreviated(node.name()), JsonText.abbreviated(input)));
        }
      }
      for (String output : node.outputs()) {
        if (!output.isEmpty() && !made.add(output)) {
          throw mapped.wrong(
              "two nodes compute %s, must be one".formatted(JsonText.abbreviated(output)));
        }
      }
    }
  }
}
