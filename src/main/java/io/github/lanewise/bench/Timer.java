package io.github.lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Times contenders against each other: each is warmed up until it stops getting faster, then they
 * take turns, so that whatever disturbs the machine disturbs all alike.
 */
final class Timer {
  /** Long beside the clock's own time and what a turn leaves in the caches. */
  private static final double SAMPLE_NANOS = 2e6;

  /** How long a contender goes on before the next one's turn, at least one sample. */
  private static final double TURN_NANOS = 3e7;

  /**
   * Before a turn on several threads. The idle threads of some libraries spin for a while: the next
   * contender must not pay for that.
   */
  private static final long PAUSE_NANOS = 30_000_000;

  private static final int LEAST_SAMPLES = 5;
  private static final int MOST_SAMPLES = 2001;

  /** What counts as getting faster, and the calls without it that end a warm-up. */
  private static final double GAIN = 0.98;

  private static final int PATIENCE = 3;

  /** How many times its budget a warm-up may take while calls still get faster. */
  private static final int OVERTIME = 4;

  private final int threads;
  private final long budgetNanos;
  private final LongSupplier clock;

  /**
   * Warm-up and measurement of a contender take about {@code budgetNanos} each; a few calls at
   * least.
   */
  Timer(int threads, long budgetNanos, LongSupplier clock) {
    this.threads = threads;
    this.budgetNanos = budgetNanos;
    this.clock = clock;
  }

  /** Times all; progress goes from 0 to 1. */
  List<Timing> time(List<Contender> contenders, DoubleConsumer progress) {
    List<Lane> lanes = new ArrayList<>();
    for (Contender contender : contenders) {
      Lane lane = new Lane(contender.calls());
      lane.warmUp();
      lanes.add(lane);
      progress.accept(0.5 * lanes.size() / contenders.size());
    }
    double elapsed = 0;
    long start = clock.getAsLong();
    double whole = (double) budgetNanos * lanes.size();
    while (lanes.getFirst().count < MOST_SAMPLES
        && (elapsed < whole || lanes.getFirst().count < LEAST_SAMPLES)) {
      for (Lane lane : lanes) {
        if (lanes.size() > 1) {
          settle(lane);
        }
        lane.turn();
      }
      elapsed = clock.getAsLong() - start;
      progress.accept(0.5 + 0.5 * Math.min(1, elapsed / whole));
    }
    progress.accept(1);
    return lanes.stream().map(lane -> Timing.of(lane.samples, lane.count)).toList();
  }

  /** Times single calls of a contender that {@link #time} has warmed up. */
  void each(Contender contender, int count, LongConsumer nanos, DoubleConsumer progress) {
    List<Runnable> calls = contender.calls();
    int perCent = Math.max(1, count / 100);
    for (int i = 0; i < count; i++) {
      Runnable call = calls.get(i % calls.size());
      long before = clock.getAsLong();
      call.run();
      nanos.accept(clock.getAsLong() - before);
      if ((i + 1) % perCent == 0) {
        progress.accept((i + 1.0) / count);
      }
    }
  }

  private void settle(Lane lane) {
    if (threads > 1) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    lane.call();
  }

  /** A contender's calls, in a circle, and what they took. */
  private final class Lane {
    private final List<Runnable> calls;
    private final double[] samples = new double[MOST_SAMPLES];
    private int next;
    private int count;
    private double best = Double.MAX_VALUE;

    Lane(List<Runnable> calls) {
      this.calls = calls;
    }

    void call() {
      calls.get(next).run();
      next = next + 1 == calls.size() ? 0 : next + 1;
    }

    void warmUp() {
      long start = clock.getAsLong();
      long gained = start;
      long now = start;
      int withoutGain = 0;
      do {
        long before = now;
        call();
        now = clock.getAsLong();
        if (now - before < GAIN * best) {
          withoutGain = 0;
          gained = now;
        } else {
          withoutGain++;
        }
        best = Math.min(best, (double) (now - before));
      } while (!isSteady(now - start, now - gained, withoutGain));
    }

    /**
     * The compiler works in the background: calls that stay the same prove little before it had a
     * moment.
     */
    private boolean isSteady(long elapsed, long sinceGain, int withoutGain) {
      return elapsed >= OVERTIME * budgetNanos
          || (elapsed >= budgetNanos / 2
              && sinceGain >= budgetNanos / 4
              && withoutGain >= PATIENCE);
    }

    /** Of whole samples; the fastest call so far says how many calls make one. */
    void turn() {
      int callsPerSample = (int) Math.ceil(SAMPLE_NANOS / Math.max(1, best));
      int turn = (int) Math.ceil(TURN_NANOS / (callsPerSample * Math.max(1, best)));
      for (int i = 0; i < turn && count < MOST_SAMPLES; i++) {
        long before = clock.getAsLong();
        for (int call = 0; call < callsPerSample; call++) {
          call();
        }
        samples[count] = (double) (clock.getAsLong() - before) / callsPerSample;
        best = Math.min(best, samples[count++]);
      }
    }
  }
}
