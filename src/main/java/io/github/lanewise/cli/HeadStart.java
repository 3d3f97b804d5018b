package io.github.lanewise.cli;

import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MachineLimits;

/** What makes a command answer sooner. It changes no answer. */
final class HeadStart {
  /** Some hundred tokens through all layers of MiniLM: what people try first. */
  private static final int PLAIN_PRODUCTS = 1_000_000_000;

  private HeadStart() {}

  /**
   * Where the launcher has not given the compiler's directives to the JVM: opens the management
   * beans to add them, which takes a sixth of a second, while the command line and the files that
   * it names are read. Whoever needs the directives waits for them.
   */
  static void compilerDirectives() {
    if (!MachineLimits.isGivenCompilerDirectives()) {
      Thread.ofPlatform()
          .daemon()
          .name("lanewise-directives")
          .start(MachineLimits::hasCompilerDirectives);
    }
  }

  /** For a command whose first answer may be its last, so that warming up would come too late. */
  static void firstProducts() {
    Lanewise.startPlainly(PLAIN_PRODUCTS);
  }

  /** Nothing of it is left for another command in this JVM. */
  static void end() {
    Lanewise.startPlainly(0);
  }
}
