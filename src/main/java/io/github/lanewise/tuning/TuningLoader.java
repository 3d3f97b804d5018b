package io.github.lanewise.tuning;

import io.github.lanewise.format.JsonFile;
import io.github.lanewise.format.JsonObject;
import io.github.lanewise.tuning.Provenance.Measured;
import io.github.lanewise.tuning.Tuning.GemmTuning;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps the JSON of a tuning file to a {@link Tuning}. */
final class TuningLoader {
  private static final int MOST_BITS = 2048;
  private static final int MOST_THREADS = 1024;

  private TuningLoader() {}

  /** Reads a file for the given machine. */
  static Tuning load(Path file, Machine machine) {
    String source = file.toString();
    try {
      return parse(source, JsonFile.read(file), machine);
    } catch (IllegalArgumentException wrong) {
      throw new TuningException(source, String.valueOf(wrong.getMessage()));
    }
  }

  /** Reads the bytes of a file for the given machine. */
  static Tuning parse(String source, byte[] json, Machine machine) {
    Tuning tuning = parse(source, json);
    if (tuning.vectorBits() != machine.vectorBits()) {
      throw new TuningException(
          source,
          "vectorBits is %d, must be %d as in this JVM: the file is for another CPU or other JVM flags"
              .formatted(tuning.vectorBits(), machine.vectorBits()));
    }
    return tuning;
  }

  /** Reads the bytes of a file for whatever machine. */
  static Tuning parse(String source, byte[] json) {
    try {
      return tuning(source, JsonFile.parse(json));
    } catch (IllegalArgumentException wrong) {
      throw new TuningException(source, String.valueOf(wrong.getMessage()));
    }
  }

  private static Tuning tuning(String source, JsonObject json) {
    json.allow("$schema", "vectorBits", "gemm", "provenance");
    json.optionalText("$schema");
    int bits = json.whole("vectorBits", Integer.SIZE, MOST_BITS);
    if (Integer.bitCount(bits) != 1) {
      throw new IllegalArgumentException(
          "vectorBits is " + bits + ", must be a power of 2, such as 128, 256 or 512");
    }
    return new Tuning(
        source,
        bits,
        gemm(json.object("gemm"), bits / Float.SIZE),
        json.has("provenance") ? provenance(json.object("provenance")) : null);
  }

  private static GemmTuning gemm(JsonObject json, int lanes) {
    json.allow("row", "skinny", "matrix");
    Map<Shape, Choice> choices = new EnumMap<>(Shape.class);
    for (Shape shape : Shape.values()) {
      Choice choice = choice(json.object(shape.key()), shape);
      if (choice.nc() % (2 * lanes) != 0) {
        throw new IllegalArgumentException(
            "gemm.%s.nc is %d, must be a multiple of %d, the floats of two vectors"
                .formatted(shape.key(), choice.nc(), 2 * lanes));
      }
      choices.put(shape, choice);
    }
    return new GemmTuning(choices);
  }

  private static Choice choice(JsonObject json, Shape shape) {
    List<String> keys = new ArrayList<>(List.of("kernel"));
    if (shape.cutsRows()) {
      keys.add("mc");
    }
    keys.add("nc");
    if (shape.cutsSums()) {
      keys.add("kc");
    }
    json.allow(keys.toArray(String[]::new));
    return new Choice(
        json.text("kernel"),
        shape.cutsRows() ? json.whole("mc", 1, Choice.MOST_MC) : Choice.ANY,
        json.whole("nc", 1, Choice.MOST_NC),
        shape.cutsSums() ? json.whole("kc", 1, Choice.MOST_KC) : Choice.ANY);
  }

  private static @Nullable Provenance provenance(JsonObject json) {
    json.allow("cpu", "arch", "jdk", "threads", "date", "command", "measured");
    List<Measured> measured = new ArrayList<>();
    for (JsonObject each : json.objects("measured")) {
      each.allow("shape", "gflops", "default");
      measured.add(new Measured(each.text("shape"), each.number("gflops"), each.number("default")));
    }
    return new Provenance(
        json.text("cpu"),
        json.text("arch"),
        json.text("jdk"),
        json.whole("threads", 1, MOST_THREADS),
        json.text("date"),
        json.text("command"),
        measured);
  }
}
