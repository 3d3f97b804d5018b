package io.github.lanewise.cli;

import io.github.lanewise.model.Progress;
import java.io.Console;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Progress on standard error: on a terminal only, and only for work that takes over a second. */
final class ProgressBars {
  private static final long PATIENCE_NANOS = 1_000_000_000;

  private static final boolean TERMINAL = isTerminal();

  private ProgressBars() {}

  /** A bar for {@code task}; its end comes with the first report. */
  static Bar start(String task) {
    return new Bar(task);
  }

  // JDK 22 to 24 always had a console, JDK 25 has one on a terminal only, as before.
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** One bar; to be closed when the work is done. */
  static final class Bar implements Progress, AutoCloseable {
    private final String task;
    private final long began = System.nanoTime();
    private @Nullable ProgressBar shown;

    private Bar(String task) {
      this.task = task;
    }

    @Override
    public void advanced(int done, int total) {
      if (!TERMINAL) {
        return;
      }
      if (shown == null && done < total && System.nanoTime() - began > PATIENCE_NANOS) {
        shown = new ProgressBarBuilder().setTaskName(task).setInitialMax(total).build();
      }
      if (shown != null) {
        shown.stepTo(done);
      }
    }

    @Override
    public void close() {
      if (shown != null) {
        shown.close();
      }
    }
  }
}
