package io.github.lanewise.fetch;

import io.github.lanewise.format.JsonText;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Weights that cannot be had. The message is one line that says what went wrong and what to do. */
public final class FetchException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  FetchException(String problem) {
    this(problem, null);
  }

  FetchException(String problem, @Nullable Throwable cause) {
    super(JsonText.oneLine(problem), cause);
  }
}
