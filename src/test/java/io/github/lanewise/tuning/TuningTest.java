package io.github.lanewise.tuning;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.tuning.BrokenTunings.Broken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TuningTest {
  static final Machine MACHINE = new Machine("A CPU", "amd64", 512, List.of());

  @Test
  void readsAllKeys() {
    Tuning tuning = parse(BrokenTunings.GOOD);
    assertEquals("f.json", tuning.source());
    assertEquals(512, tuning.vectorBits());
    assertEquals(new Choice("1x4u2", Choice.ANY, 192, Choice.ANY), tuning.gemm().choice(Shape.ROW));
    assertEquals(
        new Choice("4x4u1", Choice.ANY, 256, Choice.ANY), tuning.gemm().choice(Shape.SKINNY));
    assertEquals(new Choice("5x4u1", 96, 224, 1024), tuning.gemm().choice(Shape.MATRIX));
    Provenance provenance = tuning.provenance();
    assertNotNull(provenance);
    assertEquals("A CPU", provenance.cpu());
    assertEquals(2, provenance.threads());
    assertEquals(
        List.of(new Provenance.Measured("1024x1024x1024", 112.5, 110.1)), provenance.measured());
  }

  @Test
  void provenanceMayBeLeftOut() {
    String json = BrokenTunings.GOOD;
    Tuning tuning = parse(json.substring(0, json.indexOf(",\n  \"provenance\"")) + "}");
    assertNull(tuning.provenance());
    assertEquals(tuning, parse(tuning.toJson()));
  }

  @Test
  void writesWhatItReads(@TempDir Path folder) throws IOException {
    Tuning tuning = parse(BrokenTunings.GOOD.replace("A CPU", "A \\\"CPU\\\" \\u0007"));
    Path file = folder.resolve("new").resolve("folders").resolve("tuning.json");
    tuning.write(file);
    assertEquals(tuning, TuningLoader.load(file, MACHINE).from("f.json", tuning.provenance()));
    Tuning other = tuning.withGemm(tuning.gemm().with(Shape.ROW, new Choice("x", 1, 16, 1)));
    Path link = Files.createSymbolicLink(folder.resolve("link.json"), file);
    other.write(link);
    assertTrue(Files.isSymbolicLink(link));
    assertEquals(other.toJson(), Files.readString(file));
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertEquals(List.of(file), files.toList(), "nothing else stays behind");
    }
  }

  @Test
  void aFailedWriteNamesTheFileAndLeavesNothing(@TempDir Path folder) throws IOException {
    Path taken = Files.createDirectories(folder.resolve("tuning.json").resolve("x")).getParent();
    UncheckedIOException failed =
        assertThrows(UncheckedIOException.class, () -> parse(BrokenTunings.GOOD).write(taken));
    assertTrue(failed.getMessage().contains(taken.toString()), failed.getMessage());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(taken), files.toList());
    }
  }

  static List<Broken> broken() {
    return Stream.of(BrokenTunings.refusedBySchema(), BrokenTunings.refusedByLoaderOnly())
        .flatMap(List::stream)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesWithFileKeyValueAndWhatIsAllowed(Broken broken) {
    TuningException refused = assertThrows(TuningException.class, () -> parse(broken.json()));
    String message = refused.getMessage();
    assertTrue(message.startsWith("f.json: "), message);
    assertTrue(message.contains(broken.message()), message);
    assertTrue(message.length() < 400, message);
    assertOneLine(message);
  }

  @Test
  void refusesFilesThatCannotBeRead(@TempDir Path folder) {
    Path missing = folder.resolve("missing.json");
    assertEquals(missing + ": no such file", refuse(missing));
    assertEquals(folder + ": is a folder, must be a JSON file", refuse(folder));
  }

  @Test
  void survivesEveryTruncationAndByteFlips() {
    byte[] good = BrokenTunings.GOOD.strip().getBytes(UTF_8);
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThrows(TuningException.class, () -> TuningLoader.parse("f.json", cut, MACHINE));
    }
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      byte[] json = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        json[random.nextInt(json.length)] = (byte) random.nextInt(256);
      }
      try {
        TuningLoader.parse("f.json", json, MACHINE);
      } catch (TuningException refused) {
        assertOneLine(refused.getMessage());
      }
    }
  }

  private static Tuning parse(String json) {
    return TuningLoader.parse("f.json", json.getBytes(UTF_8), MACHINE);
  }

  private static String refuse(Path file) {
    return assertThrows(TuningException.class, () -> Tuning.load(file)).getMessage();
  }

  private static void assertOneLine(String message) {
    assertFalse(message.chars().anyMatch(Character::isISOControl), message);
  }
}
