package io.github.lanewise.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --svg}; to be used as a {@link Mixin}. */
final class PictureFile {
  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Write the results as a picture, which follows a light or dark mode.")
  private @Nullable String svg;

  /** Made by picocli. */
  PictureFile() {}

  /** The file, or null if none is wanted; to be asked before anything is measured. */
  @Nullable Path check(CommonOptions common) {
    return check(common, "--svg", svg);
  }

  /** The file that an option names, or null if it was not given. */
  static @Nullable Path check(CommonOptions common, String option, @Nullable String name) {
    if (name == null) {
      return null;
    }
    try {
      Path file = Path.of(name).toAbsolutePath();
      if (Files.isDirectory(file)) {
        throw common.wrongUsage(option + " is " + name + ", a folder, must be a file to write");
      }
      Path folder = file.getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        throw common.wrongUsage(option + " is " + name + ", but there is no folder " + folder);
      }
      return file;
    } catch (InvalidPathException impossible) {
      throw common.wrongUsage(option + " is no file name: " + impossible.getMessage());
    }
  }

  static void write(Path file, String content) {
    try {
      Files.writeString(file, content);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + file + ": " + failed.getMessage(), failed);
    }
  }
}
