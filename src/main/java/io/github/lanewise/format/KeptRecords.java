package io.github.lanewise.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Java records kept in a file between runs, as JSON: what was computed once need not be computed
 * again. Losing it costs time and nothing else, so a file that is missing or broken holds nothing.
 */
public final class KeptRecords {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private KeptRecords() {}

  /** The records in a file that {@link #write} wrote, or null if there are none. */
  public static <T extends Record> @Nullable List<T> read(Path file, Class<T> type) {
    try {
      JavaType list = MAPPER.getTypeFactory().constructCollectionType(List.class, type);
      List<T> kept = MAPPER.readValue(Files.readAllBytes(file), list);
      return kept == null || kept.contains(null) ? null : List.copyOf(kept);
    } catch (IOException | JacksonException unusable) {
      return null;
    }
  }

  /**
   * Writes a file and the folders that lead to it. Who reads at the same time reads all or nothing.
   *
   * @throws IOException if that cannot be
   */
  public static void write(Path file, List<? extends Record> records) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new NoSuchFileException(file.toString());
    }
    Files.createDirectories(folder);
    Path half = Files.createTempFile(folder, "half", ".json");
    try {
      Files.write(half, MAPPER.writeValueAsBytes(records));
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(half);
    }
  }
}
