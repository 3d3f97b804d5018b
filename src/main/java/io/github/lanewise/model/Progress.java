package io.github.lanewise.model;

/** Told how far a long piece of work has come. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress NONE = (done, total) -> {};

  /** {@code done} of {@code total} steps are done. Called on the thread that asked for the work. */
  void advanced(int done, int total);
}
