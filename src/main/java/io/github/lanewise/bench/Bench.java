package io.github.lanewise.bench;

import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;

/** Measures workloads, one after the other, against the machine's limits and other libraries. */
public final class Bench {
  /** For a second look at a limit; on top of it comes the warm-up. */
  private static final Duration LIMIT_BUDGET = Duration.ofMillis(100);

  /** For a look at a limit that was surpassed. */
  private static final Duration LONG_LIMIT_BUDGET = Duration.ofMillis(600);

  private final Settings settings;
  private final Limits limits;

  /** Measures with the given limits, which get better while it measures. */
  public Bench(Settings settings, Limits limits) {
    this.settings = settings;
    this.limits = limits;
  }

  /** Single calls to be timed after the measurement. */
  public record Latency(int calls, LongConsumer nanos) {
    /** No single calls. */
    public static Latency none() {
      return new Latency(0, nanos -> {});
    }
  }

  /**
   * Whether a workload fits into memory.
   *
   * @throws IllegalStateException with the figures, if it does not
   */
  public static Rotation check(Workload workload, Settings settings) {
    return Rotation.of(workload, settings);
  }

  /**
   * Measures a workload.
   *
   * @param progress gets shares of the work that is done
   * @throws IllegalStateException if it does not fit into memory
   */
  public Result run(Workload workload, Latency latency, DoubleConsumer progress) {
    Rotation rotation = Rotation.of(workload, settings);
    List<String> notes = new ArrayList<>();
    try (Lanewise runtime = Lanewise.create(settings.threads());
        Arena arena = Arena.ofShared();
        Contest contest =
            Contest.of(workload, new Setup(runtime, arena, rotation.copies(), settings.peers()))) {
      notes.addAll(contest.absent());
      List<Boolean> agreements = agreements(contest, notes);
      Timer timer = new Timer(settings.threads(), settings.budgetNanos(), System::nanoTime);
      double timed = latency.calls() > 0 ? 0.2 : 1;
      List<Timing> timings = timer.time(contest.all(), done -> progress.accept(timed * done));
      timer.each(
          contest.ours(),
          latency.calls(),
          latency.nanos(),
          done -> progress.accept(timed + (1 - timed) * done));
      Bound bound = bound(workload, rotation, timings, notes);
      return result(workload, rotation, contest, agreements, timings, bound, notes);
    }
  }

  /** Runs everyone once and compares, before any time is taken. */
  private static List<Boolean> agreements(Contest contest, List<String> notes) {
    List<Boolean> agreements = new ArrayList<>();
    if (contest.peers().isEmpty()) {
      return agreements;
    }
    contest.ours().calls().getFirst().run();
    for (Contender peer : contest.peers()) {
      peer.output().fill(Float.NaN);
      peer.calls().getFirst().run();
      Agreement agreement = Agreement.of(contest.ours().output(), peer.output());
      agreements.add(agreement.holds());
      if (!agreement.holds()) {
        notes.add(
            String.format(
                Locale.ROOT,
                "DISAGREEMENT: %s differs from lanewise by %.3g, the largest value being %.3g:"
                    + " do not compare their times",
                peer.name(),
                agreement.difference(),
                agreement.largest()));
      }
    }
    return agreements;
  }

  /** The bound, after another look at the limit; nobody may have been faster. */
  private Bound bound(
      Workload workload, Rotation rotation, List<Timing> timings, List<String> notes) {
    double fastest = timings.stream().mapToDouble(Timing::medianNanos).min().orElseThrow();
    limits.measureAgain(bound(workload, rotation), LIMIT_BUDGET);
    if (fastest < bound(workload, rotation).nanos()) {
      limits.measureAgain(bound(workload, rotation), LONG_LIMIT_BUDGET);
    }
    Bound bound = bound(workload, rotation);
    if (fastest < bound.nanos()) {
      notes.add(
          String.format(
              Locale.ROOT,
              "the measured %s limit was surpassed by %.1f %%, so it was raised to that",
              bound.limit().key(),
              100 * (bound.nanos() / fastest - 1)));
      limits.raise(bound, fastest);
      bound = new Bound(bound.limit(), fastest);
    }
    return bound;
  }

  private Bound bound(Workload workload, Rotation rotation) {
    return limits.bound(workload, rotation.outOfCache());
  }

  private Result result(
      Workload workload,
      Rotation rotation,
      Contest contest,
      List<Boolean> agreements,
      List<Timing> timings,
      Bound bound,
      List<String> notes) {
    List<Result.PeerResult> peers = new ArrayList<>();
    for (int i = 0; i < contest.peers().size(); i++) {
      Contender peer = contest.peers().get(i);
      peers.add(
          new Result.PeerResult(
              peer.name(), peer.version(), timings.get(i + 1), agreements.get(i)));
    }
    return new Result(
        workload.op(),
        workload.shape(),
        settings.threads(),
        workload.flops(),
        (double) workload.readBytes() + workload.writtenBytes(),
        workload.boundBytes(),
        bound.limit().key(),
        bound.nanos(),
        contest.kernel(),
        rotation,
        timings.getFirst(),
        peers,
        notes);
  }
}
