package io.github.lanewise.tuning;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where a JVM's tuning comes from.
 *
 * @param machine what the tuning must fit
 * @param properties system properties
 * @param environment environment variables
 */
record TuningLookup(Machine machine, Properties properties, Map<String, String> environment) {
  private static final String PROPERTY = "lanewise.tuning";

  /** The value of the property that means: no file. */
  private static final String NONE = "none";

  /** The files of {@code config/} that are packed into the jar. */
  static final List<String> SHIPPED = List.of("avx512.json", "avx2.json");

  static TuningLookup ofThisJvm() {
    return new TuningLookup(Machine.here(), System.getProperties(), System.getenv());
  }

  Tuning find() {
    String named = properties.getProperty(PROPERTY, "").strip();
    if (named.equals(NONE)) {
      return DefaultTuning.of(machine);
    }
    if (!named.isEmpty()) {
      return TuningLoader.load(path(named), machine);
    }
    Path own = userFile();
    if (Files.exists(own)) {
      return TuningLoader.load(own, machine);
    }
    Tuning shipped = best(shipped());
    return shipped == null ? DefaultTuning.of(machine) : shipped;
  }

  Path userFile() {
    String configured = environment.getOrDefault("XDG_CONFIG_HOME", "");
    Path base = Path.of(properties.getProperty("user.home", ""), ".config");
    // The XDG specification: a relative path is to be ignored.
    if (!configured.isEmpty() && Path.of(configured).isAbsolute()) {
      base = Path.of(configured);
    }
    return base.resolve("lanewise").resolve("tuning-" + machine.vectorBits() + ".json");
  }

  private static Path path(String named) {
    try {
      return Path.of(named);
    } catch (InvalidPathException impossible) {
      throw new TuningException(named, "is no file name");
    }
  }

  /** Of those made for such vectors and such an architecture, one made on this very CPU if any. */
  @Nullable Tuning best(List<Tuning> candidates) {
    Tuning best = null;
    for (Tuning candidate : candidates) {
      Provenance made = candidate.provenance();
      if (candidate.vectorBits() != machine.vectorBits()
          || made == null
          || !made.arch().equals(machine.arch())) {
        continue;
      }
      if (made.cpu().equals(machine.cpu())) {
        return candidate;
      }
      best = best == null ? candidate : best;
    }
    return best;
  }

  /** All files in the jar. */
  static List<Tuning> shipped() {
    List<Tuning> tunings = new ArrayList<>();
    for (String name : SHIPPED) {
      try (InputStream in = TuningLookup.class.getResourceAsStream(name)) {
        if (in != null) {
          tunings.add(TuningLoader.parse(name + " (shipped)", in.readAllBytes()));
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
    return tunings;
  }
}
