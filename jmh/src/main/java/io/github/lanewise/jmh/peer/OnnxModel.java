package io.github.lanewise.jmh.peer;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;

/**
 * A model of one operator in the ONNX format, written field by field (onnx.proto gives the
 * numbers). Its inputs have the ranks and sizes of whatever is fed.
 */
final class OnnxModel {
  /** Of the format; any runtime of the last years reads it. */
  private static final int IR_VERSION = 10;

  private static final int FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int EXTERNAL = 1;

  private final Fields node = new Fields();
  private final Fields graph = new Fields();
  private final Fields model = new Fields();

  /**
   * Starts a model.
   *
   * @param domain empty for the operators of the standard
   * @param version of that domain's operators
   */
  OnnxModel(String domain, int version, String operator) {
    node.put(4, operator).put(7, domain);
    graph.put(2, operator);
    model.put(1, IR_VERSION).put(8, new Fields().put(1, domain).put(2, version));
    if (!domain.isEmpty()) { // the standard's operators must be imported all the same
      model.put(8, new Fields().put(1, "").put(2, 17));
    }
  }

  OnnxModel attribute(String name, int value) {
    node.put(5, new Fields().put(1, name).put(3, value).put(20, ATTRIBUTE_INT));
    return this;
  }

  OnnxModel input(String name) {
    node.put(1, name);
    graph.put(11, floats(name));
    return this;
  }

  /** A constant input; the session is given its values beside the model. */
  OnnxModel constant(String name, int rows, int columns) {
    node.put(1, name);
    Fields location = new Fields().put(1, "location").put(2, name);
    graph.put(
        5,
        new Fields()
            .put(1, rows)
            .put(1, columns)
            .put(2, FLOAT)
            .put(8, name)
            .put(13, location)
            .put(14, EXTERNAL));
    return this;
  }

  OnnxModel output(String name) {
    node.put(2, name);
    graph.put(12, floats(name));
    return this;
  }

  byte[] toBytes() {
    Fields whole = graph.put(1, node);
    return model.put(7, whole).bytes().toByteArray();
  }

  private static Fields floats(String name) {
    return new Fields().put(1, name).put(2, new Fields().put(1, new Fields().put(1, FLOAT)));
  }

  /** A protobuf message. */
  private static final class Fields {
    private final UnknownFieldSet.Builder set = UnknownFieldSet.newBuilder();

    Fields put(int number, int value) {
      set.mergeVarintField(number, value);
      return this;
    }

    Fields put(int number, String value) {
      set.mergeLengthDelimitedField(number, ByteString.copyFromUtf8(value));
      return this;
    }

    Fields put(int number, Fields value) {
      set.mergeLengthDelimitedField(number, value.bytes());
      return this;
    }

    ByteString bytes() {
      return set.build().toByteString();
    }
  }
}
