package io.github.lanewise.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.StringJoiner;

/** Writes small safetensors files, right and wrong ones. */
public final class SafetensorsWriter {
  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a tensor whose bytes are given. */
  public SafetensorsWriter add(String name, String type, byte[] bytes, long... shape) {
    int begin = data.size();
    data.writeBytes(bytes);
    header.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(name, type, Arrays.toString(shape), begin, data.size()));
    return this;
  }

  /** The file. */
  public byte[] bytes() {
    return file(header.toString(), data.toByteArray());
  }

  /** A file of any header and data. */
  public static byte[] file(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }

  /** Floats as they lie in files. */
  public static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  /** 16-bit floats as they lie in files. */
  public static byte[] shorts(short... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (short value : values) {
      bytes.putShort(value);
    }
    return bytes.array();
  }
}
