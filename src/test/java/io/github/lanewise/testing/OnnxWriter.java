package io.github.lanewise.testing;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Writes small ONNX files, right and wrong ones. */
public final class OnnxWriter {
  /** Number of f32 among the types of a tensor. */
  public static final int F32 = 1;

  private final ByteArrayOutputStream graph = new ByteArrayOutputStream();

  /** A protobuf message, field by field. */
  public static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    private interface Write {
      void run() throws IOException;
    }

    private Message write(Write write) {
      try {
        write.run();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
      return this;
    }

    /** A whole number. */
    public Message whole(int field, long value) {
      return write(() -> out.writeInt64(field, value));
    }

    /** A text. */
    public Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A text or message. */
    public Message bytes(int field, byte[] value) {
      return write(() -> out.writeByteArray(field, value));
    }

    /** A real number. */
    public Message real(int field, float value) {
      return write(() -> out.writeFloat(field, value));
    }

    /** What was written. */
    public byte[] toBytes() {
      write(out::flush);
      return bytes.toByteArray();
    }
  }

  /** Adds an initialiser. */
  public OnnxWriter tensor(String name, int type, byte[] raw, long... shape) {
    return tensor(message -> fill(message, name, type, raw, shape));
  }

  /** Adds an initialiser of any fields. */
  public OnnxWriter tensor(Consumer<Message> fields) {
    return inGraph(5, fields);
  }

  /** The fields of a tensor. */
  public static void fill(Message tensor, String name, int type, byte[] raw, long... shape) {
    for (long size : shape) {
      tensor.whole(1, size);
    }
    tensor.whole(2, type).text(8, name).bytes(9, raw);
  }

  /** Adds an input of the graph. */
  public OnnxWriter input(String name) {
    return inGraph(11, message -> message.text(1, name));
  }

  /** Adds a node, and returns its output's name. */
  public String node(String op, List<String> inputs, Consumer<Message> more) {
    String output = op + "_" + graph.size();
    node(op, inputs, output, more);
    return output;
  }

  /** The same, without attributes. */
  public String node(String op, String... inputs) {
    return node(op, List.of(inputs), message -> {});
  }

  /** Adds a node whose output is named. */
  public void node(String op, List<String> inputs, String output, Consumer<Message> more) {
    inGraph(
        1,
        message -> {
          inputs.forEach(input -> message.text(1, input));
          message.text(2, output).text(3, "n" + graph.size()).text(4, op);
          more.accept(message);
        });
  }

  /** Adds an attribute to a node: a whole number. */
  public static void attribute(Message node, String name, long value) {
    node.bytes(5, new Message().text(1, name).whole(3, value).whole(20, 2).toBytes());
  }

  /** Adds a field to the graph. */
  public OnnxWriter inGraph(int field, Consumer<Message> fields) {
    Message message = new Message();
    fields.accept(message);
    graph.writeBytes(new Message().bytes(field, message.toBytes()).toBytes());
    return this;
  }

  /** The file. */
  public byte[] bytes() {
    return new Message()
        .whole(1, 8)
        .text(2, "test")
        .bytes(7, graph.toByteArray())
        .bytes(8, new Message().text(1, "").whole(2, 17).toBytes())
        .toBytes();
  }
}
