package io.github.lanewise.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningLookupTest {
  /** No shipped file is for such a machine. */
  private static final Machine MACHINE = new Machine("A CPU", "none", 512, List.of());

  @TempDir private Path home;
  private final Properties properties = new Properties();
  private Path own;

  @BeforeEach
  void setHome() {
    properties.setProperty("user.home", home.toString());
    own = home.resolve(".config").resolve("lanewise").resolve("tuning-512.json");
  }

  @Test
  void theNamedFileComesFirst() throws IOException {
    write(own, BrokenTunings.GOOD);
    Path named = home.resolve("named.json");
    write(named, BrokenTunings.GOOD);
    properties.setProperty("lanewise.tuning", named.toString());
    assertEquals(named.toString(), find(Map.of()).source());
    properties.setProperty("lanewise.tuning", home.resolve("missing.json").toString());
    TuningException missing = assertThrows(TuningException.class, () -> find(Map.of()));
    assertTrue(missing.getMessage().endsWith("missing.json: no such file"), missing.getMessage());
  }

  @Test
  void noneMeansTheDefaults() throws IOException {
    write(own, BrokenTunings.GOOD);
    properties.setProperty("lanewise.tuning", "none");
    assertEquals(DefaultTuning.of(MACHINE), find(Map.of()));
  }

  @Test
  void theUsersFileComesNext() throws IOException {
    assertEquals(own, lookup(Map.of()).userFile());
    assertEquals(DefaultTuning.of(MACHINE), find(Map.of()));
    write(own, BrokenTunings.GOOD);
    assertEquals(own.toString(), find(Map.of()).source());
  }

  @Test
  void aWrongUsersFileIsAnErrorThatNamesIt() throws IOException {
    write(own, BrokenTunings.GOOD.replace("\"mc\": 96", "\"mc\": -1"));
    TuningException wrong = assertThrows(TuningException.class, () -> find(Map.of()));
    assertTrue(
        wrong.getMessage().startsWith(own + ": gemm.matrix.mc is -1, must be"), wrong.getMessage());
  }

  @Test
  void xdgMovesTheUsersFile() throws IOException {
    Path moved = home.resolve("moved");
    Map<String, String> environment = Map.of("XDG_CONFIG_HOME", moved.toString());
    write(moved.resolve("lanewise").resolve("tuning-512.json"), BrokenTunings.GOOD);
    write(own, "not this one");
    assertTrue(find(environment).source().startsWith(moved.toString()));
    // A relative folder is to be ignored, says the specification.
    assertEquals(own, lookup(Map.of("XDG_CONFIG_HOME", "config")).userFile());
    assertEquals(own, lookup(Map.of("XDG_CONFIG_HOME", "")).userFile());
  }

  @Test
  void amongShippedFilesTheSameCpuWinsThenTheSameKind() {
    Tuning narrow = shipped("narrow", 256, "A CPU", "none");
    Tuning foreign = shipped("foreign", 512, "A CPU", "riscv64");
    Tuning similar = shipped("similar", 512, "B CPU", "none");
    Tuning same = shipped("same", 512, "A CPU", "none");
    Tuning unknown = new Tuning("unknown", 512, DefaultTuning.of(MACHINE).gemm(), null);
    TuningLookup lookup = lookup(Map.of());
    assertEquals(same, lookup.best(List.of(narrow, foreign, similar, same, unknown)));
    assertEquals(similar, lookup.best(List.of(narrow, unknown, foreign, similar)));
    assertNull(lookup.best(List.of(narrow, unknown, foreign)));
  }

  @Test
  void theJarHoldsTheFilesOfTheConfigFolder() throws IOException {
    for (String name : TuningLookup.SHIPPED) {
      byte[] file = Files.readAllBytes(Path.of("config", name));
      Tuning tuning = TuningLoader.parse(name, file);
      assertNotNull(tuning.provenance(), name);
      assertTrue(
          TuningLookup.shipped().contains(tuning.from(name + " (shipped)", tuning.provenance())),
          name);
    }
    try (var files = Files.list(Path.of("config"))) {
      assertEquals(
          TuningLookup.SHIPPED.size() + 1, files.count(), "config/ holds these and the schema");
    }
  }

  @Test
  void defaultsFollowTheCaches() {
    assertEquals(new Choice("4x4u1", 96, 192, 1024), matrix(512, "amd64", 1 << 20));
    assertEquals(new Choice("4x4u1", 96, 192, 512), matrix(512, "amd64", 512 << 10));
    assertEquals(new Choice("6x2u1s", 126, 3072, 1536), matrix(256, "amd64", 512 << 10));
    assertEquals(72, packedRows(1));
    assertEquals(72, packedRows(2 << 20));
    assertEquals(264, packedRows(32 << 20));
    assertEquals(264, packedRows(Long.MAX_VALUE));
    assertEquals(new Choice("4x3u2", 48, 240, 1024), matrix(128, "amd64", 512 << 10));
    assertEquals(new Choice("4x4u1", 192, 480, 1024), matrix(128, "aarch64", 12 << 20));
    // Nothing is known: half a MiB.
    assertEquals(
        matrix(512, "amd64", 512 << 10),
        DefaultTuning.of(new Machine("", "amd64", 512, List.of())).gemm().choice(Shape.MATRIX));
    // Whatever a virtual machine claims.
    for (long bytes : new long[] {0, 1, -5, Long.MAX_VALUE}) {
      Choice choice = matrix(512, "amd64", bytes);
      assertTrue(choice.mc() >= 48 && choice.nc() % 32 == 0 && choice.kc() >= 256, bytes + "");
    }
  }

  @Test
  void defaultsForFewRowsFitTheVectors() {
    assertEquals("8x3u1p", skinny(512));
    assertEquals("8x4u1s", skinny(256));
    assertEquals("4x3u2p", skinny(128));
  }

  private static String skinny(int bits) {
    Machine machine = new Machine("cpu", "amd64", bits, List.of());
    return DefaultTuning.of(machine).gemm().choice(Shape.SKINNY).kernel();
  }

  private static int packedRows(long l3) {
    Machine machine = new Machine("cpu", "amd64", 256, List.of(new Machine.Cache(3, false, l3)));
    return DefaultTuning.of(machine).gemm().choice(Shape.MATRIX).mc();
  }

  private static Choice matrix(int bits, String arch, long l2) {
    Machine machine =
        new Machine(
            "cpu",
            arch,
            bits,
            List.of(new Machine.Cache(1, true, 32 << 10), new Machine.Cache(2, false, l2)));
    return DefaultTuning.of(machine).gemm().choice(Shape.MATRIX);
  }

  private static Tuning shipped(String name, int bits, String cpu, String arch) {
    return new Tuning(
        name,
        bits,
        DefaultTuning.of(MACHINE).gemm(),
        new Provenance(cpu, arch, "25", 1, "2026-11-24", "tune", List.of()));
  }

  private TuningLookup lookup(Map<String, String> environment) {
    return new TuningLookup(MACHINE, properties, environment);
  }

  private Tuning find(Map<String, String> environment) {
    return lookup(environment).find();
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
