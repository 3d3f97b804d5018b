package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.BlockMask;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code b1,h12[,kv4],q2048,k2048,d64} and the words for its form: parts in any order, each
 * at most once.
 */
final class AttentionShape {
  private static final String FORM =
      "b1,h12[,kv4],q2048,k2048,d64[,causal] (batch, heads, key-value heads, queries, keys,"
          + " head dimension), and window=W or window=LEFT:RIGHT, block=bigbird:SIZE or"
          + " block=strided:SIZE, linear, f16 or bf16";

  /** What may stand before a number. */
  private static final List<String> NUMBERS = List.of("b", "h", "kv", "k", "q", "d");

  private static final Set<String> WORDS = Set.of("causal", "linear", "f16", "bf16");

  /** BigBird's own numbers (Zaheer et al. 2020): in blocks, its window to each side. */
  private static final int BIG_BIRD_WINDOW = 1;

  private static final int BIG_BIRD_GLOBAL = 2;
  private static final int BIG_BIRD_RANDOM = 3;

  /** Blocks from one that all see to the next. */
  private static final int STRIDE = 16;

  private final String shape;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<String, String> settings = new HashMap<>();
  private final Set<String> words = new HashSet<>();

  AttentionShape(String shape) {
    this.shape = shape;
  }

  AttentionWorkload read() {
    for (String part : shape.split(",", -1)) {
      part(part);
    }
    int batch = number("b", 1);
    int heads = number("h", null);
    int kvHeads = number("kv", heads);
    int queries = number("q", null);
    int keys = number("k", null);
    int headDim = number("d", null);
    requireFits("b*q", (long) batch * queries, Matrix.MAX_SIZE);
    requireFits("b*k", (long) batch * keys, Attention.MAX_KEYS);
    requireFits("h*d", (long) heads * headDim, Matrix.MAX_SIZE);
    try {
      AttentionSpec spec = AttentionSpec.of(heads, kvHeads, headDim, words.contains("causal"));
      spec = blocks(window(spec), queries, keys);
      return new AttentionWorkload(shape, batch, queries, keys, spec, linear(), storage());
    } catch (IllegalArgumentException wrong) {
      String message = String.valueOf(wrong.getMessage());
      throw message.startsWith("shape '") ? wrong : wrong(message);
    }
  }

  private AttentionSpec window(AttentionSpec spec) {
    String window = settings.get("window");
    if (window == null) {
      return spec;
    }
    String[] sides = window.split(":", -1);
    if (sides.length > 2) {
      throw wrong("window is '" + window + "', must be W or LEFT:RIGHT");
    }
    int left = Sizes.parseFromZero(shape, "window", sides[0]);
    if (sides.length == 1) {
      return spec.window(left, spec.causal() ? 0 : left);
    }
    if (spec.causal()) {
      throw wrong("window is '" + window + "', must be one number with causal");
    }
    return spec.window(left, Sizes.parseFromZero(shape, "window", sides[1]));
  }

  private AttentionSpec blocks(AttentionSpec spec, int queries, int keys) {
    String block = settings.get("block");
    if (block == null) {
      return spec;
    }
    int colon = block.indexOf(':');
    String pattern = colon < 0 ? block : block.substring(0, colon);
    int size = colon < 0 ? 64 : Sizes.parse(shape, "block", block.substring(colon + 1));
    if (queries > keys) {
      throw wrong("q is " + queries + ", must not exceed k = " + keys + " with a block mask");
    }
    return spec.blockMask(
        switch (pattern) {
          case "bigbird" ->
              BlockMask.bigBird(
                  size, keys, BIG_BIRD_WINDOW, BIG_BIRD_GLOBAL, BIG_BIRD_RANDOM, /* seed= */ 1);
          case "strided" -> BlockMask.strided(size, keys, BIG_BIRD_WINDOW, STRIDE);
          default -> throw wrong("block is '" + block + "', must be bigbird:SIZE or strided:SIZE");
        });
  }

  private boolean linear() {
    if (!words.contains("linear")) {
      return false;
    }
    if (!settings.isEmpty() || words.contains("f16") || words.contains("bf16")) {
      throw wrong("linear must stand alone or with causal");
    }
    return true;
  }

  private Storage storage() {
    List<Storage> stored =
        List.of(Storage.F16, Storage.BF16).stream()
            .filter(storage -> words.contains(storage.name().toLowerCase(Locale.ROOT)))
            .toList();
    if (stored.isEmpty()) {
      return Storage.F32;
    }
    if (stored.size() > 1) {
      throw wrong("f16 and bf16 are both given, must be one of them");
    }
    return stored.getFirst();
  }

  private void part(String part) {
    if (WORDS.contains(part)) {
      if (!words.add(part)) {
        throw wrong(part + " is given twice");
      }
      return;
    }
    int equals = part.indexOf('=');
    String setting = equals < 0 ? "" : part.substring(0, equals);
    if (setting.equals("window") || setting.equals("block")) {
      if (settings.put(setting, part.substring(equals + 1)) != null) {
        throw wrong(setting + " is given twice");
      }
      return;
    }
    String name =
        NUMBERS.stream()
            .filter(number -> part.matches(number + "-?[0-9]*"))
            .findFirst()
            .orElseThrow(() -> wrong("'" + part + "' is no part of " + FORM));
    int value = Sizes.parse(shape, name, part.substring(name.length()));
    if (numbers.put(name, value) != null) {
      throw wrong(name + " is given twice");
    }
  }

  private int number(String name, @Nullable Integer otherwise) {
    Integer value = numbers.getOrDefault(name, otherwise);
    if (value == null) {
      throw wrong(name + " is missing, must be " + FORM);
    }
    return value;
  }

  private void requireFits(String name, long value, int most) {
    if (value > most) {
      throw wrong(name + " is " + value + ", must be at most " + most);
    }
  }

  private IllegalArgumentException wrong(String why) {
    return Sizes.wrong(shape, why);
  }
}
