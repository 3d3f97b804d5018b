package io.github.lanewise.parallel;

import io.github.lanewise.memory.Scratch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One call of an operation, split into tasks 0 to n-1 that write disjoint output.
 *
 * <p>A job is reused from call to call (see {@link Pool}), so that running allocates nothing: the
 * owner sets its fields, passes it to {@link WorkerTeam#run} and takes it back when that returns.
 */
public abstract class Job {
  private final AtomicInteger next = new AtomicInteger();
  private int tasks;
  private volatile @Nullable Throwable failure;

  /** Computes task {@code index}. May run on any thread, each index once. */
  protected abstract void task(int index, Scratch scratch);

  final void begin(int count) {
    tasks = count;
    failure = null;
    next.set(0);
  }

  /** Claims and computes tasks until none is left. */
  final void work(Scratch scratch) {
    try {
      for (int index = next.getAndIncrement(); index < tasks; index = next.getAndIncrement()) {
        task(index, scratch);
      }
    } catch (Throwable thrown) {
      failure = thrown;
      next.set(tasks);
    }
  }

  final void rethrowFailure() {
    Throwable thrown = failure;
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown != null) {
      throw new IllegalStateException("a task failed: " + thrown, thrown);
    }
  }
}
