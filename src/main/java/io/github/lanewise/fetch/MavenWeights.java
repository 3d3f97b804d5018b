package io.github.lanewise.fetch;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A model's files inside of a Maven artifact.
 *
 * @param artifact {@code group:name:version} of a jar
 * @param tensors the file in the jar that holds the weights
 * @param tokenizer the file in the jar that holds the tokenizer
 */
public record MavenWeights(String artifact, PackedFile tensors, PackedFile tokenizer) {
  // Each part becomes a folder of the cache: letters that no path gives a meaning.
  private static final Pattern COORDINATES =
      Pattern.compile("NAME:NAME:NAME".replace("NAME", "[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*"));

  // What every file system takes for a name.
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9._-]+");

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * One file.
   *
   * @param name its path in the jar; its last part names it in the cache
   * @param sha256 its checksum, 64 digits in lower case
   */
  public record PackedFile(String name, String sha256) {
    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the JSON key
     */
    public PackedFile {
      String file = name.substring(name.lastIndexOf('/') + 1);
      if (!FILE.matcher(file).matches() || file.equals(".") || file.equals("..")) {
        throw new IllegalArgumentException(
            "file is \""
                + name.replaceAll("\\p{Cntrl}", "?")
                + "\", must name a file in the jar, of letters, digits, '.', '_' and '-'");
      }
      if (!SHA_256.matcher(sha256).matches()) {
        throw new IllegalArgumentException(
            "sha256 is \"" + sha256 + "\", must be 64 hexadecimal digits in lower case");
      }
    }

    /** Its name in the cache. */
    String fileName() {
      return name.substring(name.lastIndexOf('/') + 1);
    }
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the JSON key
   */
  public MavenWeights {
    if (!COORDINATES.matcher(artifact).matches()) {
      throw new IllegalArgumentException(
          "maven is \"" + artifact + "\", must be group:name:version of a Maven artifact");
    }
    if (tensors.fileName().equals(tokenizer.fileName())) {
      throw new IllegalArgumentException(
          "tokenizer is \"" + tokenizer.name() + "\", must be another file than the tensors");
    }
    refuseStamp("tensors", tensors, tokenizer);
    refuseStamp("tokenizer", tokenizer, tensors);
  }

  /** The cache keeps a stamp beside each file, which must not be the other file. */
  private static void refuseStamp(String key, PackedFile file, PackedFile other) {
    if (file.fileName().equals(other.fileName() + Checksum.STAMP)) {
      throw new IllegalArgumentException(
          "%s is \"%s\", must not be the name of the other file with %s"
              .formatted(key, file.name(), Checksum.STAMP));
    }
  }

  List<PackedFile> files() {
    return List.of(tensors, tokenizer);
  }

  /** The name of the jar in a repository. */
  String jarName() {
    String[] parts = artifact.split(":", -1);
    return parts[1] + "-" + parts[2] + ".jar";
  }
}
