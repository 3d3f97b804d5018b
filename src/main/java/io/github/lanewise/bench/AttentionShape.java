package io.github.lanewise.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code b1,h12[,kv4],q2048,k2048,d64[,causal]}: parts in any order, each at most once. */
final class AttentionShape {
  private static final String FORM =
      "b1,h12[,kv4],q2048,k2048,d64[,causal] (batch, heads, key-value heads, queries, keys,"
          + " head dimension)";

  /** What may stand before a number. */
  private static final List<String> NUMBERS = List.of("b", "h", "kv", "k", "q", "d");

  private final String shape;
  private final Map<String, Integer> numbers = new HashMap<>();
  private boolean causal;

  AttentionShape(String shape) {
    this.shape = shape;
  }

  AttentionWorkload read() {
    for (String part : shape.split(",", -1)) {
      part(part);
    }
    int heads = number("h", null);
    return new AttentionWorkload(
        shape,
        number("b", 1),
        heads,
        number("kv", heads),
        number("q", null),
        number("k", null),
        number("d", null),
        causal);
  }

  private void part(String part) {
    if (part.equals("causal")) {
      if (causal) {
        throw Sizes.wrong(shape, "causal is given twice");
      }
      causal = true;
      return;
    }
    if (part.startsWith("window=")) {
      throw Sizes.wrong(shape, part + ": attention has no local window, only full and causal");
    }
    String name =
        NUMBERS.stream()
            .filter(number -> part.matches(number + "-?[0-9]*"))
            .findFirst()
            .orElseThrow(() -> Sizes.wrong(shape, "'" + part + "' is no part of " + FORM));
    int value = Sizes.parse(shape, name, part.substring(name.length()));
    if (numbers.put(name, value) != null) {
      throw Sizes.wrong(shape, name + " is given twice");
    }
  }

  private int number(String name, @Nullable Integer otherwise) {
    Integer value = numbers.getOrDefault(name, otherwise);
    if (value == null) {
      throw Sizes.wrong(shape, name + " is missing, must be " + FORM);
    }
    return value;
  }
}
