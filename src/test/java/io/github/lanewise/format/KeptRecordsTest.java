package io.github.lanewise.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptRecordsTest {
  /** A record in a record. */
  record Outer(String name, double value, List<Inner> inner) {}

  /** The inner one. */
  record Inner(int count) {}

  @TempDir private Path folder;

  @Test
  void recordsComeBackAsTheyWere() throws IOException {
    List<Outer> records =
        List.of(
            new Outer("ä\n\"", 0.1, List.of(new Inner(1), new Inner(-2))),
            new Outer("", Double.NaN, List.of()),
            new Outer("b", Double.NEGATIVE_INFINITY, List.of()));
    Path file = folder.resolve("a/b/c.json");
    KeptRecords.write(file, records);
    assertEquals(records, KeptRecords.read(file, Outer.class));
    KeptRecords.write(file, records.subList(0, 1));
    assertEquals(records.subList(0, 1), KeptRecords.read(file, Outer.class));
    try (var left = Files.list(folder.resolve("a/b"))) {
      assertEquals(1, left.count(), "nothing half written stays");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "[null]",
        "[{}]",
        "[{\"name\": \"a\"}]",
        "[{\"name\": \"a\", \"value\": 1, \"inner\": null}]",
        "[{\"name\": \"a\", \"value\": 1, \"inner\": [{\"count\": \"many\"}]}]",
        "[] []",
        "[{\"name\": \"a\", \"value\": 1, \"inner\": []}",
        "\u0000\u0001"
      })
  void brokenFileHoldsNothing(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("broken.json"), content);
    assertNull(KeptRecords.read(file, Outer.class));
  }

  @Test
  void missingFileHoldsNothing() {
    assertNull(KeptRecords.read(folder.resolve("none.json"), Outer.class));
    assertNull(KeptRecords.read(folder, Outer.class));
  }

  @Test
  void fileInPlaceOfFolderIsAnError() throws IOException {
    Files.writeString(folder.resolve("taken"), "");
    assertThrows(
        IOException.class,
        () -> KeptRecords.write(folder.resolve("taken/file.json"), List.of(new Inner(1))));
  }
}
