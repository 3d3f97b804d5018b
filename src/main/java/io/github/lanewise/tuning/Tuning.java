package io.github.lanewise.tuning;

import io.github.lanewise.format.JsonText;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which kernel and which block sizes each operation uses. It changes speed, never a bit of a
 * result. {@code config/schema.json} describes the file; the README explains every key.
 *
 * @param source where it came from, as messages call it
 * @param vectorBits bits of a vector in the JVM that it is for
 * @param gemm matrix products
 * @param provenance how it was made; null where nobody said
 */
public record Tuning(
    String source, int vectorBits, GemmTuning gemm, @Nullable Provenance provenance) {

  /**
   * Matrix products.
   *
   * @param choices what each class of shapes uses
   */
  public record GemmTuning(Map<Shape, Choice> choices) {
    /** Keeps a copy of the map, which must hold every shape. */
    public GemmTuning {
      choices = new EnumMap<>(choices);
      for (Shape shape : Shape.values()) {
        if (!choices.containsKey(shape)) {
          throw new IllegalArgumentException("choices lack " + shape);
        }
      }
      choices = Collections.unmodifiableMap(choices);
    }

    /** What a class of shapes uses. */
    public Choice choice(Shape shape) {
      return Objects.requireNonNull(choices.get(shape));
    }

    /** The same with another choice for one class. */
    public GemmTuning with(Shape shape, Choice choice) {
      Map<Shape, Choice> changed = new EnumMap<>(choices);
      changed.put(shape, choice);
      return new GemmTuning(changed);
    }
  }

  /**
   * The tuning that this JVM should use: the file that {@code -Dlanewise.tuning=FILE} names, or
   * {@link #defaults()} where it names {@code none}; else the user's file, {@link #userFile()};
   * else the best match of the files in the jar; else {@link #defaults()}.
   *
   * @throws TuningException if the named file or the user's file cannot be used
   */
  public static Tuning find() {
    return TuningLookup.ofThisJvm().find();
  }

  /** What cache sizes and the number of registers suggest, without any file. */
  public static Tuning defaults() {
    return DefaultTuning.of(Machine.here());
  }

  /**
   * Reads a tuning file for this JVM.
   *
   * @throws TuningException if there is no such file, it is not JSON, a key or value is not
   *     allowed, or it is for other vectors than this JVM's
   */
  public static Tuning load(Path file) {
    return TuningLoader.load(file, Machine.here());
  }

  /**
   * Where the user's own tuning for this JVM's vectors lies, whether there or not: {@code
   * $XDG_CONFIG_HOME/lanewise/tuning-BITS.json}, by default below {@code ~/.config}.
   */
  public static Path userFile() {
    return TuningLookup.ofThisJvm().userFile();
  }

  /**
   * Writes the file: all of it, or nothing if that fails; readers never see half of it.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public void write(Path file) {
    TuningWriter.write(this, file);
  }

  /** The text of the file. */
  public String toJson() {
    return TuningWriter.json(this);
  }

  /** A value of a file in quotes, as a message shows it. */
  public static String shown(String value) {
    return JsonText.abbreviated(JsonText.quoted(value));
  }

  /** The same values from another source. */
  public Tuning from(String newSource, @Nullable Provenance newProvenance) {
    return new Tuning(newSource, vectorBits, gemm, newProvenance);
  }

  /** The same with other products. */
  public Tuning withGemm(GemmTuning newGemm) {
    return new Tuning(source, vectorBits, newGemm, provenance);
  }
}
