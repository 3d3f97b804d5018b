package io.github.lanewise.bench;

import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.LongSupplier;

/** Measures how the time and the memory of self-attention grow with the number of tokens. */
public final class Growth {
  /** Tokens of the longest sequence. */
  public static final int MOST_TOKENS = 200_000;

  /** Tokens of the shortest sequence. */
  public static final int LEAST_TOKENS = 1024;

  private static final int HEAD_DIM = 64;
  private static final int[] HEADS = {1, 8};

  /** A point is measured over and over until it has not become faster for so long. */
  private static final double BUDGET_NANOS = 5e8;

  /** What counts as faster. */
  private static final double GAIN = 0.98;

  /** A call that takes so long is measured once: everything runs compiled in its first moments. */
  private static final double LONG_NANOS = 2e9;

  /** Of the peak, for a guess at the time of it all. */
  private static final double GUESSED_SHARE = 0.75;

  private final int threads;
  private final LongSupplier clock;
  private final LongSupplier resident;

  /**
   * A measurement.
   *
   * @param clock nanoseconds
   * @param resident bytes of memory that this process holds
   */
  public Growth(int threads, LongSupplier clock, LongSupplier resident) {
    this.threads = threads;
    this.clock = clock;
    this.resident = resident;
  }

  /** What is measured at each length. */
  public enum Form {
    /** Every earlier token. */
    FULL("full, causal", ",causal"),
    /** The last 4096. */
    WINDOW("window 4096, causal", ",causal,window=4096"),
    /** BigBird's blocks. */
    BLOCKS("BigBird blocks of 64", ",block=bigbird:64"),
    /** A state in place of keys. */
    LINEAR("linear, causal", ",causal,linear");

    private final String title;
    private final String shape;

    Form(String title, String shape) {
      this.title = title;
      this.shape = shape;
    }

    /** For people. */
    public String title() {
      return title;
    }
  }

  /** A form at one length, not yet measured. */
  public record Task(Form form, int heads, int tokens) {
    /** As {@code bench attention} takes it. */
    public String shape() {
      return "b1,h%d,q%d,k%d,d%d%s".formatted(heads, tokens, tokens, HEAD_DIM, form.shape);
    }
  }

  /**
   * What one call came to.
   *
   * @param nanos of the fastest call
   * @param calls that were timed
   * @param flops of a call
   * @param dataBytes of queries, keys, values and output
   * @param residentBytes that this process held at the end
   * @param scratchBytes of all threads
   */
  public record Point(
      Task task,
      double nanos,
      int calls,
      double flops,
      long dataBytes,
      long residentBytes,
      long scratchBytes) {
    /** 10^9 operations a second. */
    public double gflops() {
      return flops / nanos;
    }
  }

  /** All that is measured up to a length, the shortest first: 1024, doubled, and the longest. */
  public static List<Task> tasks(int most) {
    List<Task> tasks = new ArrayList<>();
    for (int heads : HEADS) {
      for (Form form : Form.values()) {
        for (int tokens = LEAST_TOKENS; tokens < most; tokens *= 2) {
          tasks.add(new Task(form, heads, tokens));
        }
        tasks.add(new Task(form, heads, most));
      }
    }
    return tasks;
  }

  /** Seconds that the tasks will take, about. */
  public static double guessSeconds(List<Task> tasks, double peakGflops) {
    double flops = 0;
    for (Task task : tasks) {
      flops += AttentionWorkload.parse(task.shape()).flops();
    }
    return flops / (GUESSED_SHARE * peakGflops) / 1e9 + tasks.size() * BUDGET_NANOS / 1e9;
  }

  /**
   * Measures one.
   *
   * @param progress gets shares of the work that is done
   */
  public Point run(Task task, DoubleConsumer progress) {
    AttentionWorkload workload = AttentionWorkload.parse(task.shape());
    try (Lanewise runtime = Lanewise.create(threads);
        Arena arena = Arena.ofShared();
        Contest contest = workload.prepare(new Setup(runtime, arena, 1, List.of()))) {
      if (task.heads() == HEADS[0] && task.tokens() <= LEAST_TOKENS) {
        // The first of a form: its budget would be spent before C2 is done.
        boolean unused = workload.warmUp(runtime);
      }
      Runnable call = contest.ours().calls().getFirst();
      double best = Double.MAX_VALUE;
      double spent = 0;
      int calls = 0;
      do {
        long before = clock.getAsLong();
        call.run();
        double nanos = clock.getAsLong() - before;
        spent = nanos < GAIN * best ? 0 : spent + nanos;
        best = Math.min(best, nanos);
        calls++;
        progress.accept(Math.min(1, spent / BUDGET_NANOS));
      } while (spent < BUDGET_NANOS && best < LONG_NANOS);
      return new Point(
          task,
          best,
          calls,
          workload.flops(),
          workload.readBytes() + workload.writtenBytes(),
          resident.getAsLong(),
          threads * workload.scratchBytesPerThread());
    }
  }
}
