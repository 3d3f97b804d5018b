package io.github.lanewise.parallel;

import io.github.lanewise.memory.Scratch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of daemon threads that helps callers with their jobs.
 *
 * <p>The caller works too: it publishes its job in a free slot, claims tasks like everybody else,
 * and returns when no worker is inside the job any more. Several callers use several slots at once
 * and share no lock; a caller that finds no free slot does its own tasks alone. Idle workers spin
 * for a bounded time, since the next operation of a forward pass is microseconds away, and then
 * park. With one thread there is no team and nothing is synchronised.
 */
public final class WorkerTeam implements AutoCloseable {
  private static final int SLOTS = 16;

  /**
   * Ints between two slots' counters, so that they lie on different pairs of cache lines (128
   * bytes).
   */
  private static final int PADDING = 32;

  /**
   * How long an idle worker spins before it parks. Longer than the gap between two operations,
   * shorter than a time slice.
   */
  private static final long SPIN_NANOS = 50_000;

  private static final int SPINS_BETWEEN_CLOCK_READS = 64;
  private static final long PARK_NANOS_WHILE_DRAINING = 20_000;

  /** Stands in a slot whose owner waits for the last visitors: nobody may publish there yet. */
  private static final Job DRAINING =
      new Job() {
        @Override
        protected void task(int index, Scratch scratch) {}
      };

  private final AtomicReferenceArray<@Nullable Job> slots = new AtomicReferenceArray<>(SLOTS);
  private final AtomicIntegerArray visitors = new AtomicIntegerArray(SLOTS * PADDING);
  private final AtomicLong epoch = new AtomicLong();
  private final AtomicInteger activeCalls = new AtomicInteger();
  private final Pool<Scratch> scratches = new Pool<>(Scratch::new);
  private final Worker[] workers;
  private final long spinNanos;
  private volatile boolean closed;

  /**
   * Starts {@code threads - 1} workers; the caller is the missing one. With more threads than
   * processors nobody spins.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public WorkerTeam(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", must be at least 1");
    }
    spinNanos = threads <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOS : 0;
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
    for (Worker worker : workers) {
      worker.start();
    }
  }

  /** Threads that work on one job at most, the caller included. */
  public int threads() {
    return workers.length + 1;
  }

  /**
   * Runs tasks 0 to {@code tasks - 1} of {@code job} and returns when all are done. An exception
   * from a task is rethrown here; tasks not yet begun are then left out.
   *
   * @throws IllegalStateException if the team is closed
   */
  public void run(Job job, int tasks) {
    if (tasks <= 0) {
      return;
    }
    activeCalls.incrementAndGet();
    Scratch scratch = null;
    try {
      if (closed) {
        throw new IllegalStateException("the Lanewise runtime is closed");
      }
      scratch = scratches.take();
      job.begin(tasks);
      int slot = tasks == 1 || workers.length == 0 ? -1 : publish(job);
      if (slot >= 0) {
        wake(tasks - 1);
      }
      job.work(scratch);
      if (slot >= 0) {
        retire(slot);
      }
    } finally {
      if (scratch != null) {
        scratches.give(scratch);
      }
      activeCalls.decrementAndGet();
    }
    job.rethrowFailure();
  }

  private int publish(Job job) {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (slots.get(slot) == null && slots.compareAndSet(slot, null, job)) {
        epoch.incrementAndGet();
        return slot;
      }
    }
    return -1;
  }

  /** Wakes parked workers; those that are busy with another job do not count as helpers. */
  private void wake(int wanted) {
    int missing = wanted;
    for (Worker worker : workers) {
      if (missing <= 0) {
        return;
      }
      if (worker.parked) {
        LockSupport.unpark(worker);
        missing--;
      } else if (!worker.busy) {
        missing--;
      }
    }
  }

  /**
   * Closes the slot to newcomers, waits until nobody is inside, then frees it. A worker counts
   * itself in before it reads the slot, and we close the slot before we read the count, so a worker
   * that we miss finds the slot closed. Freeing it earlier would let another caller in, whose
   * visitors we would wait for too: without end, if one of them is our own caller.
   */
  private void retire(int slot) {
    slots.set(slot, DRAINING);
    int spins = 0;
    while (visitors.get(slot * PADDING) != 0) {
      if (spinNanos > 0 && spins++ < 20_000) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(PARK_NANOS_WHILE_DRAINING);
      }
    }
    slots.set(slot, null);
  }

  /** Waits for running calls, then stops the workers. Closing twice is harmless. */
  @Override
  public void close() {
    closed = true;
    while (activeCalls.get() != 0) {
      LockSupport.parkNanos(PARK_NANOS_WHILE_DRAINING);
    }
    epoch.incrementAndGet();
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private final class Worker extends Thread {
    private final Scratch scratch = new Scratch();
    private volatile boolean parked;
    private volatile boolean busy;

    Worker(int number) {
      super("lanewise-worker-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      long seen = 0;
      while (!closed) {
        seen = awaitEpochAfter(seen);
        for (int slot = 0; slot < SLOTS; slot++) {
          visit(slot);
        }
      }
    }

    private void visit(int slot) {
      if (!hasWork(slots.get(slot))) {
        return;
      }
      visitors.incrementAndGet(slot * PADDING);
      Job job = slots.get(slot);
      if (job != null && hasWork(job)) {
        busy = true;
        job.work(scratch);
        busy = false;
      }
      visitors.decrementAndGet(slot * PADDING);
    }

    private boolean hasWork(@Nullable Job job) {
      return job != null && job != DRAINING;
    }

    private long awaitEpochAfter(long seen) {
      if (spinNanos > 0) {
        long deadline = System.nanoTime() + spinNanos;
        do {
          for (int i = 0; i < SPINS_BETWEEN_CLOCK_READS; i++) {
            long now = epoch.get();
            if (now != seen) {
              return now;
            }
            Thread.onSpinWait();
          }
        } while (System.nanoTime() < deadline);
      }
      parked = true;
      while (epoch.get() == seen && !closed) {
        LockSupport.park(WorkerTeam.this);
      }
      parked = false;
      return epoch.get();
    }
  }
}
