package io.github.lanewise.tuning;

import io.github.lanewise.format.JsonText;
import io.github.lanewise.tuning.Provenance.Measured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes tuning files as a person would lay them out. */
final class TuningWriter {
  private TuningWriter() {}

  static String json(Tuning tuning) {
    StringBuilder text = new StringBuilder("{\n");
    text.append("  \"vectorBits\": ").append(tuning.vectorBits()).append(",\n");
    text.append("  \"gemm\": {");
    for (Shape shape : Shape.values()) {
      text.append(shape.ordinal() == 0 ? "" : ",")
          .append("\n    \"")
          .append(shape.key())
          .append("\": ");
      text.append(choice(shape, tuning.gemm().choice(shape)));
    }
    text.append("\n  }");
    if (tuning.provenance() != null) {
      text.append(",\n  \"provenance\": ").append(provenance(tuning.provenance()));
    }
    return text.append("\n}\n").toString();
  }

  private static String choice(Shape shape, Choice choice) {
    return "{\"kernel\": "
        + JsonText.quoted(choice.kernel())
        + (shape.cutsRows() ? block("mc", choice.mc()) : "")
        + block("nc", choice.nc())
        + (shape.cutsSums() ? block("kc", choice.kc()) : "")
        + "}";
  }

  private static String block(String key, int value) {
    return ", \"" + key + "\": " + value;
  }

  private static String provenance(Provenance provenance) {
    return """
        {
            "cpu": %s,
            "arch": %s,
            "jdk": %s,
            "threads": %d,
            "date": %s,
            "command": %s,
            "measured": [%s]
          }"""
        .formatted(
            JsonText.quoted(provenance.cpu()),
            JsonText.quoted(provenance.arch()),
            JsonText.quoted(provenance.jdk()),
            provenance.threads(),
            JsonText.quoted(provenance.date()),
            JsonText.quoted(provenance.command()),
            provenance.measured().stream()
                .map(TuningWriter::measured)
                .collect(Collectors.joining(",", "", "\n    ")));
  }

  private static String measured(Measured measured) {
    return String.format(
        Locale.ROOT,
        "\n      {\"shape\": %s, \"gflops\": %.1f, \"default\": %.1f}",
        JsonText.quoted(measured.shape()),
        measured.gflops(),
        measured.defaultGflops());
  }

  /** Beside its place first: a move is atomic, writing is not. */
  static void write(Tuning tuning, Path file) {
    try {
      // A link is written through, not replaced.
      Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
      Path folder = target.getParent();
      Files.createDirectories(folder);
      // Not a temporary file of the JDK's making: only its owner could read that.
      Path half = folder.resolve(".tuning-" + ProcessHandle.current().pid() + ".tmp");
      try {
        Files.writeString(half, json(tuning));
        move(half, target);
      } finally {
        Files.deleteIfExists(half);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(
          "cannot write " + file + ": " + JsonText.oneLine(failed.toString()), failed);
    }
  }

  private static void move(Path half, Path target) throws IOException {
    try {
      Files.move(half, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException plain) {
      Files.move(half, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
