package io.github.lanewise.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of a file, and the stamp beside it that says: this file, of this length and time, was
 * found right. It guards against damage and exchange by accident; {@code --verify} reads all bytes.
 */
final class Checksum {
  /** What the name of a stamp has more than that of its file. */
  static final String STAMP = ".sha256";

  private static final int CHUNK = 1 << 16;

  private Checksum() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible); // every Java has it
    }
  }

  static String of(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = new byte[CHUNK];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Whether the stamp fits the file as it is now. */
  static boolean isStamped(Path file, String sha256) throws IOException {
    try {
      return Files.readString(stamp(file), StandardCharsets.ISO_8859_1).equals(line(file, sha256));
    } catch (NoSuchFileException unstamped) {
      return false;
    }
  }

  static void stamp(Path file, String sha256) throws IOException {
    Files.writeString(stamp(file), line(file, sha256), StandardCharsets.ISO_8859_1);
  }

  static Path stamp(Path file) {
    return file.resolveSibling(file.getFileName() + STAMP);
  }

  private static String line(Path file, String sha256) throws IOException {
    return sha256 + " " + Files.size(file) + " " + Files.getLastModifiedTime(file) + "\n";
  }
}
