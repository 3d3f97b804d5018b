package io.github.lanewise.fetch;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/** Where what is fetched or unpacked once is kept. */
public final class CacheFolder {
  private CacheFolder() {}

  /**
   * The folder of this user: {@code -Dlanewise.cache=FOLDER}, else the environment's
   * LANEWISE_CACHE, else {@code lanewise} in XDG_CACHE_HOME or {@code ~/.cache}. It need not exist.
   *
   * @throws FetchException if what is named can be no folder
   */
  public static Path ofUser() {
    return find(System.getProperties(), System.getenv());
  }

  /** {@code -Dlanewise.cache}, else LANEWISE_CACHE, else the user's cache folder. */
  static Path find(Properties properties, Map<String, String> environment) {
    String named =
        properties.getProperty("lanewise.cache", environment.getOrDefault("LANEWISE_CACHE", ""));
    try {
      if (!named.isBlank()) {
        return Path.of(named).toAbsolutePath();
      }
      String configured = environment.getOrDefault("XDG_CACHE_HOME", "");
      // The XDG specification: a relative path is to be ignored.
      Path base =
          !configured.isEmpty() && Path.of(configured).isAbsolute()
              ? Path.of(configured)
              : Path.of(properties.getProperty("user.home", ""), ".cache");
      return base.resolve("lanewise");
    } catch (InvalidPathException impossible) {
      throw new FetchException("the cache folder is no folder name: " + impossible.getMessage());
    }
  }
}
