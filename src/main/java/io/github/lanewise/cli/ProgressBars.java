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
    return new Bar(task, false);
  }

  /** The same, but the bar goes away when it is closed: between the lines of a report. */
  static Bar startPassing(String task) {
    return new Bar(task, true);
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
    private final boolean passing;
    private final long began = System.nanoTime();
    private @Nullable ProgressBar shown;

    private Bar(String task, boolean passing) {
      this.task = task;
      this.passing = passing;
    }

    @Override
    public void advanced(int done, int total) {
      if (!TERMINAL) {
        return;
      }
      if (shown == null && done < total && System.nanoTime() - began > PATIENCE_NANOS) {
        ProgressBarBuilder builder = new ProgressBarBuilder().setTaskName(task);
        shown = (passing ? builder.clearDisplayOnFinish() : builder).setInitialMax(total).build();
      }
      if (shown != null) {
        shown.stepTo(done);
      }
    }

    /** For work whose end is not known: {@code done} are done so far. */
    void counted(long done) {
      if (!TERMINAL) {
        return;
      }
      if (shown == null && System.nanoTime() - began > PATIENCE_NANOS) {
        ProgressBarBuilder builder = new ProgressBarBuilder().setTaskName(task);
        shown = (passing ? builder.clearDisplayOnFinish() : builder).setInitialMax(-1).build();
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
