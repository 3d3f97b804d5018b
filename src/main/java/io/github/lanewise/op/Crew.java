package io.github.lanewise.op;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that do the same kind of work at the same time, for measuring what all of them get done.
 * Not the worker team: here every thread has work of its own, and none may take another's.
 */
final class Crew {
  /**
   * Long beside the moment between the first and the last thread's start, short enough to fall
   * between disturbances.
   */
  private static final long ROUND_NANOS = 4_000_000;

  /** Far above any vector instruction, far below a boxed one: the loop has been compiled. */
  private static final double COMPILED_NANOS = 8;

  /** Fast calls in a row that end the warm-up, and the time that ends it in any case. */
  private static final int FAST_CALLS = 50;

  private static final long LONGEST_WARM_UP_NANOS = 5_000_000_000L;

  private Crew() {}

  /** What one thread does; made, used and closed by that thread. */
  interface Work extends AutoCloseable {
    /** Repeats one short call; returns the nanoseconds that a vector instruction of it took. */
    double warmUpNanos();

    /** Works for about {@code nanos}, and returns units per second. */
    double rate(long nanos);

    @Override
    void close();
  }

  /**
   * The highest sum of the threads' rates over the rounds that fit into {@code budget}, two at
   * least, after a warm-up that takes as long as the compiler does.
   */
  static double best(int threads, Duration budget, Supplier<Work> work) {
    Rounds rounds = new Rounds(threads, budget.toNanos());
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      int member = i;
      others.add(
          Thread.ofPlatform()
              .daemon()
              .name("lanewise-limits-" + i)
              .start(() -> rounds.join(member, work)));
    }
    rounds.join(0, work);
    for (Thread thread : others) {
      joinUninterruptibly(thread);
    }
    return rounds.best();
  }

  /**
   * Short calls, since a loop that is being interpreted enters its compiled version at the next
   * call.
   */
  private static void warmUp(Work work) {
    long start = System.nanoTime();
    int fast = 0;
    while (fast < FAST_CALLS && System.nanoTime() - start < LONGEST_WARM_UP_NANOS) {
      fast = work.warmUpNanos() < COMPILED_NANOS ? fast + 1 : 0;
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The rounds, and what came of them; the phaser orders all access. */
  private static final class Rounds extends Phaser {
    private final double[] rates;
    private final long budgetNanos;
    private int done;
    private long began;
    private double best;
    private volatile @Nullable Throwable failure;

    Rounds(int threads, long budgetNanos) {
      super(threads);
      rates = new double[threads];
      this.budgetNanos = budgetNanos;
    }

    /** Between two rounds, on the last thread to arrive; true ends the measurement. */
    @Override
    protected boolean onAdvance(int phase, int registered) {
      if (done == 0) {
        began = System.nanoTime();
      }
      double sum = 0;
      for (double rate : rates) {
        sum += rate;
      }
      best = Math.max(best, sum);
      return failure != null
          || registered == 0
          || (done++ >= 2 && System.nanoTime() - began >= budgetNanos);
    }

    void join(int member, Supplier<Work> work) {
      try (Work mine = work.get()) {
        warmUp(mine);
        while (arriveAndAwaitAdvance() >= 0) {
          rates[member] = mine.rate(ROUND_NANOS);
        }
      } catch (RuntimeException | Error failed) {
        failure = failed;
        // Else the others would wait for this member for ever.
        arriveAndDeregister();
      }
    }

    double best() {
      switch (failure) {
        case null -> {
          return best;
        }
        case Error error -> throw error;
        case RuntimeException exception -> throw exception;
        case Throwable other -> throw new IllegalStateException(other);
      }
    }
  }
}
