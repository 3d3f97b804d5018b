package io.github.lanewise.parallel;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lock-free pool of reusable objects. Taking one allocates only while fewer exist than callers
 * want at once; beyond {@link #CAPACITY} idle ones, a returned object is left to the garbage
 * collector.
 *
 * @param <T> what is pooled
 */
public final class Pool<T> {
  /** Objects kept when idle. */
  public static final int CAPACITY = 64;

  private final AtomicReferenceArray<@Nullable T> idle = new AtomicReferenceArray<>(CAPACITY);
  private final Supplier<T> factory;

  /** A pool that starts empty and makes what it lacks. */
  public Pool(Supplier<T> factory) {
    this.factory = factory;
  }

  /** An idle object, or a new one. */
  public T take() {
    for (int i = 0; i < CAPACITY; i++) {
      if (idle.getPlain(i) != null) {
        T taken = idle.getAndSet(i, null);
        if (taken != null) {
          return taken;
        }
      }
    }
    return factory.get();
  }

  /** Returns an object. */
  public void give(T object) {
    for (int i = 0; i < CAPACITY; i++) {
      if (idle.getPlain(i) == null && idle.compareAndSet(i, null, object)) {
        return;
      }
    }
  }
}
