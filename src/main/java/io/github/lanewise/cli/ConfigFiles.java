package io.github.lanewise.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Finds the file that a user means: in the current folder, else where Lanewise is installed. */
final class ConfigFiles {
  /** The launcher's folder. */
  private static final String HOME_PROPERTY = "lanewise.home";

  private ConfigFiles() {}

  /**
   * The file, or the path as given if there is none.
   *
   * @throws IllegalArgumentException if no file can have such a name
   */
  static Path find(String name) {
    try {
      Path given = Path.of(name);
      String home = System.getProperty(HOME_PROPERTY);
      if (home != null && !Files.exists(given)) {
        Path installed = Path.of(home).resolve(given);
        return Files.exists(installed) ? installed : given;
      }
      return given;
    } catch (InvalidPathException impossible) {
      throw new IllegalArgumentException("CONFIG is no file name: " + impossible.getMessage());
    }
  }
}
