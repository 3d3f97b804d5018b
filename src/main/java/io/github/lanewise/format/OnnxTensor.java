package io.github.lanewise.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One TensorProto of an ONNX file while it is read. */
final class OnnxTensor {
  // Field numbers of onnx.proto.
  private static final int DIMS = 1;
  private static final int DATA_TYPE = 2;
  private static final int FLOAT_DATA = 4;
  private static final int NAME = 8;
  private static final int RAW_DATA = 9;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;

  private final MappedFile mapped;
  private final ProtoReader proto;
  private final List<Long> shape = new ArrayList<>(2);
  private String name = "";
  private long type;
  private boolean external;
  private boolean unreadable;
  private @Nullable MemorySegment raw;
  private @Nullable MemorySegment floats;

  OnnxTensor(MappedFile mapped, ProtoReader proto) {
    this.mapped = mapped;
    this.proto = proto;
  }

  String name() {
    return name;
  }

  void field() throws IOException {
    switch (proto.field()) {
      case DIMS -> dims();
      case DATA_TYPE -> type = proto.whole();
      case NAME -> name = proto.text();
      case RAW_DATA -> raw = proto.bytes();
      case FLOAT_DATA -> floatData();
      case EXTERNAL_DATA -> {
        external = true;
        proto.skip();
      }
      case DATA_LOCATION -> external |= proto.whole() != 0;
      default -> proto.skip();
    }
  }

  private void dims() throws IOException {
    proto.wholes(shape);
    if (shape.size() > TensorShape.MOST_DIMENSIONS) {
      throw wrong(
          name, "has more than " + TensorShape.MOST_DIMENSIONS + " dimensions, which is the most");
    }
  }

  /** Packed floats lie as raw data do; scattered ones would have to be collected. */
  private void floatData() throws IOException {
    if (floats == null && proto.hasLength()) {
      floats = proto.bytes();
    } else {
      unreadable = true;
      proto.skip();
    }
  }

  /** The tensor under a name, or null if its numbers are not kept as bytes. */
  @Nullable StoredTensor stored(String as) {
    if (external) {
      throw wrong(as, "keeps its numbers in another file, must keep them in this one");
    }
    ElementType elements = elements();
    MemorySegment data = raw != null ? raw : elements == ElementType.F32 ? floats : null;
    for (long size : shape) {
      if (size < 0) {
        throw wrong(as, "has shape " + shape + ", must not be negative");
      }
    }
    if (elements == null || unreadable) {
      return null;
    }
    long bytes = TensorShape.bytes(elements, shape);
    if (data == null) {
      return bytes == 0
          ? new StoredTensor(as, elements, List.copyOf(shape), MemorySegment.NULL)
          : null;
    }
    if (bytes != data.byteSize()) {
      throw wrong(
          as,
          "has shape %s of %s, must then have %s bytes, not %d"
              .formatted(
                  shape,
                  elements,
                  bytes < 0 ? "more than 2^63" : Long.toString(bytes),
                  data.byteSize()));
    }
    return new StoredTensor(as, elements, List.copyOf(shape), data);
  }

  /** The numbers of TensorProto.DataType. */
  private @Nullable ElementType elements() {
    return switch (Math.clamp(type, 0, 100)) {
      case 1 -> ElementType.F32;
      case 2 -> ElementType.U8;
      case 3 -> ElementType.I8;
      case 4 -> ElementType.U16;
      case 5 -> ElementType.I16;
      case 6 -> ElementType.I32;
      case 7 -> ElementType.I64;
      case 9 -> ElementType.BOOL;
      case 10 -> ElementType.F16;
      case 11 -> ElementType.F64;
      case 12 -> ElementType.U32;
      case 13 -> ElementType.U64;
      case 16 -> ElementType.BF16;
      default -> null;
    };
  }

  private FormatException wrong(String as, String problem) {
    return mapped.wrong("tensor " + JsonText.abbreviated(as) + " " + problem);
  }
}
