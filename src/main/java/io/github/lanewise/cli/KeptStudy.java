package io.github.lanewise.cli;

import io.github.lanewise.fetch.CacheFolder;
import io.github.lanewise.fetch.WeightFiles;
import io.github.lanewise.format.KeptRecords;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HeadStudy;
import io.github.lanewise.inspect.Inspector;
import io.github.lanewise.model.ModelConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The study of a model's heads, kept in the user's cache: it takes seconds and comes out the same
 * as long as the model's files and Lanewise do.
 */
final class KeptStudy {
  private final CompletableFuture<Found> found;

  private record Found(@Nullable Path file, @Nullable List<HeadProfile> heads) {}

  private KeptStudy(CompletableFuture<Found> found) {
    this.found = found;
  }

  /** Looks for what was kept, while the caller goes on. */
  static KeptStudy find(ModelConfig config, WeightFiles files) {
    return new KeptStudy(
        CompletableFuture.supplyAsync(
            () -> {
              Path file = file(config, files);
              return new Found(file, read(file));
            }));
  }

  /** For a model whose study is not worth keeping. */
  static KeptStudy none() {
    return new KeptStudy(CompletableFuture.completedFuture(new Found(null, null)));
  }

  /** The study that was kept, else a new one, which is then kept. */
  List<HeadProfile> heads(Inspector inspector) {
    List<HeadProfile> kept = found.join().heads;
    return kept != null ? kept : study(inspector);
  }

  /** A new study, kept in place of an older one. */
  List<HeadProfile> study(Inspector inspector) {
    List<HeadProfile> heads = HeadStudy.run(inspector);
    Path file = found.join().file;
    if (file == null) {
      return heads;
    }
    try {
      KeptRecords.write(file, heads);
    } catch (IOException unwritable) {
      return heads; // a read-only cache costs the next run its time
    }
    // As every later run does, whose classes this one keeps: see ClassArchive.
    List<HeadProfile> kept = read(file);
    return kept != null ? kept : heads;
  }

  private static @Nullable List<HeadProfile> read(@Nullable Path file) {
    return file == null ? null : KeptRecords.read(file, HeadProfile.class);
  }

  /**
   * Where the study of a model is kept. The name tells apart whatever changes it, files by their
   * length and time, as a build does. Null, for nowhere, where Lanewise runs from no jar or the
   * files cannot be looked at.
   */
  private static @Nullable Path file(ModelConfig config, WeightFiles files) {
    CodeSource code = HeadStudy.class.getProtectionDomain().getCodeSource();
    try {
      Path jar = code == null ? null : Path.of(code.getLocation().toURI());
      if (jar == null || !Files.isRegularFile(jar)) {
        return null;
      }
      StringJoiner key = new StringJoiner("\n").add(config.toString());
      for (Path file : List.of(jar, files.tensors(), files.tokenizer())) {
        key.add(file.toAbsolutePath() + " " + Files.size(file) + " " + time(file));
      }
      String name = UUID.nameUUIDFromBytes(key.toString().getBytes(StandardCharsets.UTF_8)) + "";
      return CacheFolder.ofUser().resolve("head-studies").resolve(name + ".json");
    } catch (Exception unknown) {
      return null;
    }
  }

  private static String time(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toString();
  }
}
