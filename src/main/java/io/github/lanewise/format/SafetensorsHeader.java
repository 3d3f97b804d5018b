package io.github.lanewise.format;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Reads the JSON header of a safetensors file, token by token: it may be large, and hostile. */
final class SafetensorsHeader {
  private static final String METADATA = "__metadata__";
  private static final int MOST_NESTING = 4;
  private static final int MOST_DIGITS = 20;
  private static final int MOST_NAME = 1_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MOST_NESTING)
                  .maxNumberLength(MOST_DIGITS)
                  .maxNameLength(MOST_NAME)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Each name once: caching them all would only cost memory.
          .disable(tools.jackson.core.TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  private final MappedFile mapped;
  private final MemorySegment data;

  /**
   * @param data all bytes after the header
   */
  SafetensorsHeader(MappedFile mapped, MemorySegment data) {
    this.mapped = mapped;
    this.data = data;
  }

  private record Entry(String name, ElementType type, List<Long> shape, long begin, long end) {}

  Map<String, StoredTensor> read(byte[] header) {
    List<Entry> entries = new ArrayList<>();
    try (JsonParser json =
        JSON.createParser(tools.jackson.core.ObjectReadContext.empty(), text(header))) {
      expect(json.nextToken(), JsonToken.START_OBJECT, "the header", "an object {...}");
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        JsonToken value = json.nextToken();
        if (name.equals(METADATA)) {
          json.skipChildren();
        } else {
          expect(value, JsonToken.START_OBJECT, label(name), "an object {...}");
          entries.add(entry(name, json));
        }
      }
      expect(json.currentToken(), JsonToken.END_OBJECT, "the header", "an object {...}");
      if (json.nextToken() != null) {
        throw mapped.wrong("header has more after its object, must end there");
      }
    } catch (JacksonException wrong) {
      String reason = String.valueOf(wrong.getOriginalMessage());
      throw mapped.wrong("header is not valid: " + JsonText.abbreviated(reason));
    }
    checkLayout(entries);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Entry e : entries) {
      MemorySegment bytes = data.asSlice(e.begin(), e.end() - e.begin());
      tensors.put(e.name(), new StoredTensor(e.name(), e.type(), e.shape(), bytes));
    }
    return tensors;
  }

  private String text(byte[] header) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
    } catch (CharacterCodingException wrong) {
      throw mapped.wrong("header is not UTF-8 text, must be JSON in UTF-8");
    }
  }

  private Entry entry(String name, JsonParser json) {
    ElementType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    for (String key = json.nextName(); key != null; key = json.nextName()) {
      JsonToken value = json.nextToken();
      switch (key) {
        case "dtype" -> {
          expect(value, JsonToken.VALUE_STRING, label(name) + " dtype", "a text");
          type = type(name, json.getString());
        }
        case "shape" -> shape = numbers(label(name) + " shape", json);
        case "data_offsets" -> offsets = numbers(label(name) + " data_offsets", json);
        default ->
            throw mapped.wrong(
                "%s has unknown key %s; allowed: dtype, shape, data_offsets"
                    .formatted(label(name), JsonText.abbreviated(key)));
      }
    }
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw mapped.wrong(label(name) + " must have dtype, shape and data_offsets [begin, end]");
    }
    return checked(new Entry(name, type, shape, offsets.getFirst(), offsets.getLast()));
  }

  private ElementType type(String name, String dtype) {
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(dtype)) {
        return type;
      }
    }
    throw mapped.wrong(
        "%s dtype is %s, must be one of %s"
            .formatted(
                label(name), JsonText.abbreviated(dtype), Arrays.toString(ElementType.values())));
  }

  private List<Long> numbers(String what, JsonParser json) {
    expect(json.currentToken(), JsonToken.START_ARRAY, what, "a list of whole numbers");
    List<Long> numbers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, what, "a list of whole numbers");
      if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER || json.getLongValue() < 0) {
        throw mapped.wrong(
            what + " holds " + json.getString() + ", must hold whole numbers from 0 to 2^63 - 1");
      }
      numbers.add(json.getLongValue());
      if (numbers.size() > TensorShape.MOST_DIMENSIONS) {
        throw mapped.wrong(
            what
                + " holds more than "
                + TensorShape.MOST_DIMENSIONS
                + " numbers, which is the most");
      }
    }
    return List.copyOf(numbers);
  }

  private Entry checked(Entry e) {
    if (e.begin() > e.end() || e.end() > data.byteSize()) {
      throw mapped.wrong(
          "%s data_offsets are [%d, %d], must ascend and end within the %d bytes of data"
              .formatted(label(e.name()), e.begin(), e.end(), data.byteSize()));
    }
    long bytes = TensorShape.bytes(e.type(), e.shape());
    if (bytes != e.end() - e.begin()) {
      throw mapped.wrong(
          "%s has shape %s of %s, must then have %s bytes, not data_offsets [%d, %d]"
              .formatted(
                  label(e.name()),
                  e.shape(),
                  e.type(),
                  bytes < 0 ? "more than 2^63" : Long.toString(bytes),
                  e.begin(),
                  e.end()));
    }
    return e;
  }

  /** Tensors must cover the data from its first byte to its last, each byte once. */
  private void checkLayout(List<Entry> entries) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    for (Entry e : sorted) {
      if (e.begin() != end) {
        throw mapped.wrong(
            "%s data_offsets begin at %d, must begin at %d, where the one before ends"
                .formatted(label(e.name()), e.begin(), end));
      }
      end = e.end();
    }
    if (end != data.byteSize()) {
      throw mapped.wrong(
          "tensors end at %d, must end with the %d bytes of data".formatted(end, data.byteSize()));
    }
  }

  private void expect(JsonToken token, JsonToken expected, String what, String allowed) {
    if (token != expected) {
      throw mapped.wrong(what + " is wrong, must be " + allowed);
    }
  }

  private static String label(String name) {
    return "tensor " + JsonText.abbreviated(name);
  }
}
