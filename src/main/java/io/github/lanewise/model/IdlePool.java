package io.github.lanewise.model;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Idle objects that passes work with: as many exist as have run at once.
 *
 * @param <T> what is pooled
 */
final class IdlePool<T> {
  private final Supplier<T> maker;
  private final ArrayDeque<T> idle = new ArrayDeque<>();

  /** A pool that holds one. */
  IdlePool(Supplier<T> maker) {
    this.maker = maker;
    idle.push(maker.get());
  }

  T take() {
    synchronized (idle) {
      if (!idle.isEmpty()) {
        return idle.pop();
      }
    }
    return maker.get();
  }

  void give(T object) {
    synchronized (idle) {
      idle.push(object);
    }
  }
}
