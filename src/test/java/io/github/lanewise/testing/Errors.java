package io.github.lanewise.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Errors that a caller can act on. */
public final class Errors {
  private Errors() {}

  /** Fails unless the call is refused with a message that begins with the argument's name. */
  public static void assertNames(String argument, Runnable call) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(error.getMessage().startsWith(argument), error.getMessage());
  }
}
