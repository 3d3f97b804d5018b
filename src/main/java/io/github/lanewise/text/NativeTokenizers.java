package io.github.lanewise.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native library of {@code ai.djl.huggingface:tokenizers}, once. Its Java face, {@code
 * HuggingFaceTokenizer}, is passed by: that one reports to its makers, and fetches arrays nobody
 * asked for with every text.
 */
final class NativeTokenizers {
  /** Which build of the native library: without it, a machine with CUDA downloads another. */
  private static final String FLAVOR = "RUST_FLAVOR";

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
    boolean free = System.getenv(FLAVOR) == null && System.getProperty(FLAVOR) == null;
    if (free) {
      System.setProperty(FLAVOR, "cpu");
    }
    try {
      LibUtils.checkStatus();
      return null;
    } catch (NoClassDefFoundError missing) {
      return "needs the libraries ai.djl.huggingface:tokenizers and ai.djl:api on the class path,"
          + " which are optional dependencies; "
          + missing.getMessage()
          + " is missing";
    } catch (RuntimeException | LinkageError failed) {
      return "the tokenizer's native library does not load; it is unpacked into ~/.djl.ai or"
          + " DJL_CACHE_DIR, which must be writable: "
          + rootCause(failed);
    } finally {
      if (free) {
        System.clearProperty(FLAVOR);
      }
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
