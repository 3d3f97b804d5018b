package io.github.lanewise.op;

import io.github.lanewise.memory.Scratch;
import io.github.lanewise.parallel.Job;
import java.util.function.IntConsumer;

/**
 * A loop whose turns run on the runtime's threads: for work around the operations, such as filling
 * weights.
 */
public final class ParallelFor {
  private ParallelFor() {}

  /**
   * Runs {@code body} for 0 to {@code count - 1}, each once, in any order, on up to {@link
   * Lanewise#threads()} threads, the calling one included, and returns when all are done. An
   * exception from a turn is rethrown here; turns not yet begun are then left out. Unlike a
   * prepared operation, a call allocates a few bytes on the heap.
   *
   * @throws IllegalArgumentException if {@code count} is negative
   * @throws IllegalStateException if the runtime is closed
   */
  public static void run(Lanewise runtime, int count, IntConsumer body) {
    if (count < 0) {
      throw new IllegalArgumentException("count is " + count + ", must not be negative");
    }
    runtime
        .team()
        .run(
            new Job() {
              @Override
              protected void task(int index, Scratch scratch) {
                body.accept(index);
              }
            },
            count);
  }
}
