package io.github.lanewise.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Walks a protobuf message in a mapped file field by field. Long fields are sliced, not read, and
 * what is kept on the heap is counted: a hostile file cannot make more of it than {@link
 * #MOST_KEPT}.
 */
final class ProtoReader {
  /** Bytes of names, nodes and numbers on the heap; a model of 1,000 layers takes some 30 MB. */
  private static final long MOST_KEPT = 64L << 20;

  /** Of an object, its references and its place in a list or map: a guess on the high side. */
  private static final int OBJECT_BYTES = 100;

  private static final int BUFFER_BYTES = 4096;

  private final MappedFile mapped;
  private final CodedInputStream in;
  private long kept;
  private int field;
  private int wire;

  /** What reads a message's field, known by {@link #field()}. */
  interface Fields {
    void read() throws IOException;
  }

  ProtoReader(MappedFile mapped) {
    this.mapped = mapped;
    // From a stream: from a buffer the library would use sun.misc.Unsafe, or copy all of it.
    in = CodedInputStream.newInstance(new SegmentInput(mapped.content()), BUFFER_BYTES);
  }

  /** Number of the field just met. */
  int field() {
    return field;
  }

  /** Bytes read so far. */
  long offset() {
    return in.getTotalBytesRead();
  }

  /** Reads fields to the end of the message, or of the file. */
  void fields(Fields fields) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      field = WireFormat.getTagFieldNumber(tag);
      wire = WireFormat.getTagWireType(tag);
      fields.read();
    }
  }

  /** Reads the message in this field. */
  void message(Fields fields) throws IOException {
    int end = in.pushLimit(length());
    fields(fields);
    in.popLimit(end);
  }

  /** A text of this field; a {@link FormatException} if it is not valid UTF-8 to the last byte. */
  String text() throws IOException {
    int length = length();
    keep(length);
    byte[] bytes = in.readRawBytes(length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException wrong) {
      throw mapped.wrong("a name at byte %d is not UTF-8 text".formatted(offset() - length));
    }
  }

  /** A whole number of this field. */
  long whole() throws IOException {
    expect(WireFormat.WIRETYPE_VARINT, "a whole number");
    return in.readRawVarint64();
  }

  /** A real number of this field. */
  float real() throws IOException {
    expect(WireFormat.WIRETYPE_FIXED32, "a 32-bit number");
    return in.readFloat();
  }

  /** Whole numbers of this field: one, or several packed. */
  void wholes(java.util.List<Long> target) throws IOException {
    if (wire == WireFormat.WIRETYPE_VARINT) {
      keep(Long.BYTES);
      target.add(in.readRawVarint64());
      return;
    }
    int end = in.pushLimit(length());
    while (in.getBytesUntilLimit() > 0) {
      keep(Long.BYTES);
      target.add(in.readRawVarint64());
    }
    in.popLimit(end);
  }

  /** The bytes of this field, where they lie. */
  MemorySegment bytes() throws IOException {
    int length = length();
    long from = offset();
    in.skipRawBytes(length);
    return mapped.content().asSlice(from, length).asReadOnly();
  }

  /** Whether this field is a message, text or packed list. */
  boolean hasLength() {
    return wire == WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  /** Passes over this field. */
  void skip() throws IOException {
    switch (wire) {
      case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
      case WireFormat.WIRETYPE_FIXED64 -> in.skipRawBytes(Long.BYTES);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.skipRawBytes(length());
      case WireFormat.WIRETYPE_FIXED32 -> in.skipRawBytes(Integer.BYTES);
      default ->
          throw mapped.wrong(
              "field %d before byte %d is of wire type %d, which ONNX does not use"
                  .formatted(field, offset(), wire));
    }
  }

  /** Counts something of so many bytes that stays on the heap. */
  void keep(int bytes) {
    kept += bytes + OBJECT_BYTES;
    if (kept > MOST_KEPT) {
      throw mapped.wrong(
          "names and nodes up to byte %d take more than %d bytes of memory, which is the most"
              .formatted(offset(), MOST_KEPT));
    }
  }

  /** A length that stays inside of what is being read. */
  private int length() throws IOException {
    expect(WireFormat.WIRETYPE_LENGTH_DELIMITED, "a text, list or message");
    long start = offset();
    int length = in.readRawVarint32();
    int limit = in.getBytesUntilLimit();
    long left = limit < 0 ? mapped.content().byteSize() - offset() : limit;
    if (length < 0 || length > left) {
      throw mapped.wrong(
          "field %d at byte %d is %s bytes long, must be at most the %d that are left"
              .formatted(field, start, Integer.toUnsignedString(length), left));
    }
    return length;
  }

  private void expect(int expected, String what) {
    if (wire != expected) {
      throw mapped.wrong(
          "field %d before byte %d is of wire type %d, must be %s"
              .formatted(field, offset(), wire, what));
    }
  }
}
