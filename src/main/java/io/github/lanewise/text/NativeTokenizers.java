package io.github.lanewise.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.lanewise.fetch.CacheFolder;
import io.github.lanewise.fetch.FetchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native library of {@code ai.djl.huggingface:tokenizers}, once. Its Java face, {@code
 * HuggingFaceTokenizer}, is passed by: that one reports to its makers, and fetches arrays nobody
 * asked for with every text.
 */
final class NativeTokenizers {
  /** Which build of the native library: without it, a machine with CUDA downloads another. */
  private static final String FLAVOR = "RUST_FLAVOR";

  /** Where it is unpacked, in a folder of its own; without them, {@code ~/.djl.ai}. */
  private static final String FOLDER = "ENGINE_CACHE_DIR";

  private static final String COMMON_FOLDER = "DJL_CACHE_DIR";

  /** Version of the libraries that this is written for. */
  static final String VERSION = "0.38.0";

  private static final @Nullable String FAILURE = load();

  private NativeTokenizers() {}

  /** The library, or null: then {@link #failure} says why. */
  static @Nullable TokenizersLibrary get() {
    return FAILURE == null ? TokenizersLibrary.LIB : null;
  }

  /** What went wrong, and what to do. */
  static @Nullable String failure() {
    return FAILURE;
  }

  private static @Nullable String load() {
    List<String> set = new ArrayList<>();
    if (isFree(FLAVOR)) {
      System.setProperty(FLAVOR, "cpu");
      set.add(FLAVOR);
    }
    if (isFree(FOLDER) && isFree(COMMON_FOLDER)) {
      Path folder = writableFolder();
      if (folder != null) {
        System.setProperty(FOLDER, folder.toString());
        set.add(FOLDER);
      }
    }
    try {
      LibUtils.checkStatus();
      return null;
    } catch (NoClassDefFoundError missing) {
      return "tokenizers need the libraries ai.djl.huggingface:tokenizers and ai.djl:api, both of"
          + " version "
          + VERSION
          + ", and org.slf4j:slf4j-api, which are optional dependencies: on the class path, or on"
          + " the module path with --add-modules ai.djl.tokenizers,org.slf4j; "
          + missing.getMessage()
          + " is missing";
    } catch (RuntimeException | LinkageError failed) {
      return "the tokenizer's native library does not load; it is unpacked into the cache"
          + " folder (LANEWISE_CACHE names another), which must be writable: "
          + rootCause(failed);
    } finally {
      set.forEach(System::clearProperty);
    }
  }

  private static boolean isFree(String name) {
    return System.getenv(name) == null && System.getProperty(name) == null;
  }

  /** The user's cache folder; null if it cannot be: then the library finds a place by itself. */
  private static @Nullable Path writableFolder() {
    try {
      Path folder = Files.createDirectories(CacheFolder.ofUser());
      return Files.isWritable(folder) ? folder : null;
    } catch (IOException | FetchException unusable) {
      return null;
    }
  }

  private static Throwable rootCause(Throwable failed) {
    Throwable cause = failed;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
