package io.github.lanewise.model;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the forward passes on some weights, so that these are not freed under one. */
final class Passes {
  private static final int CLOSED = -1;

  private final AtomicInteger running = new AtomicInteger();

  void enter() {
    int before = running.getAndUpdate(count -> count == CLOSED ? CLOSED : count + 1);
    if (before == CLOSED) {
      throw new IllegalStateException("the weights are closed");
    }
  }

  void exit() {
    running.decrementAndGet();
  }

  /**
   * Lets no further pass begin.
   *
   * @return whether that is news, and the memory is to be freed
   * @throws IllegalStateException if a pass is running
   */
  boolean close() {
    int count = running.compareAndExchange(0, CLOSED);
    if (count > 0) {
      throw new IllegalStateException(count + " forward passes are running on the weights");
    }
    return count == 0;
  }
}
