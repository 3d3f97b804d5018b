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
import org.jspecify.annotations.Nullable;

/**
 * The study of a model's heads, kept in the user's cache: it takes seconds and comes out the same
 * as long as the model's files and Lanewise do.
 */
final class KeptStudy {
  private KeptStudy() {}

  /** The study that was kept, else a new one, which is then kept. */
  static List<HeadProfile> of(Inspector inspector, @Nullable Path file) {
    List<HeadProfile> kept = file == null ? null : KeptRecords.read(file, HeadProfile.class);
    return kept != null ? kept : study(inspector, file);
  }

  /** A new study, kept in place of an older one. */
  static List<HeadProfile> study(Inspector inspector, @Nullable Path file) {
    List<HeadProfile> heads = HeadStudy.run(inspector);
    if (file != null) {
      try {
        KeptRecords.write(file, heads);
      } catch (IOException unwritable) {
        return heads; // a read-only cache costs the next run its time
      }
    }
    return heads;
  }

  /**
   * Where the study of a model is kept. The name tells apart whatever changes it, files by their
   * length and time, as a build does. Null, for nowhere, where Lanewise runs from no jar or the
   * files cannot be looked at.
   */
  static @Nullable Path file(ModelConfig config, WeightFiles files) {
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
