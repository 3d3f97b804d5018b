package io.github.lanewise.bench;

import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleConsumer;

/**
 * Measures what several callers of one prepared operation get done together, beside one caller:
 * they take turns, on the same runtime, each caller with data of its own.
 */
public final class Callers {
  /** Long beside the start and the last call of a caller. */
  private static final long TURN_NANOS = 200_000_000;

  private static final int LEAST_TURNS = 5;

  private Callers() {}

  /**
   * What came of it.
   *
   * @param callers at once
   * @param oneRate calls a second of a single caller: the median turn
   * @param togetherRate calls a second of all callers: the median turn
   * @param ratio of all to one, the median of neighbouring turns
   */
  public record Outcome(int callers, double oneRate, double togetherRate, double ratio) {}

  /**
   * Checks that several callers can be measured.
   *
   * @throws IllegalArgumentException if the workload has no calls that callers share
   * @throws IllegalStateException with the figures, if their data do not fit into memory
   */
  public static void check(Workload workload, Settings settings, int callers) {
    if (!(workload instanceof AttentionWorkload)) {
      throw new IllegalArgumentException(workload.op().key() + " has no callers to measure");
    }
    long each = Sizes.sum(workload.bytesOfCopy(false), workload.bytesBeside(false));
    if (each > settings.availableBytes() / callers) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%d callers of %s need %.2f GB each but only %.2f GB are available",
              callers,
              workload.shape(),
              each / 1e9,
              settings.availableBytes() / 1e9));
    }
  }

  /**
   * Measures; warm-up and measurement take about as long as for a contender, a few turns at least.
   *
   * @param progress gets shares of the work that is done
   */
  public static Outcome run(
      Workload workload, Settings settings, int callers, DoubleConsumer progress) {
    check(workload, settings, callers);
    AttentionWorkload attention = (AttentionWorkload) workload;
    long turnNanos = Math.min(TURN_NANOS, settings.budgetNanos());
    int turns = (int) Math.max(LEAST_TURNS, settings.budgetNanos() / turnNanos);
    try (Lanewise runtime = Lanewise.create(settings.threads());
        Arena arena = Arena.ofShared();
        ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      List<Runnable> calls = attention.callers(new Setup(runtime, arena, callers, List.of()));
      List<Runnable> single = calls.subList(0, 1);
      turn(threads, calls, settings.budgetNanos() / 2);
      turn(threads, single, settings.budgetNanos() / 2);
      double[] one = new double[turns];
      double[] together = new double[turns];
      double[] ratios = new double[turns];
      for (int i = 0; i < turns; i++) {
        one[i] = turn(threads, single, turnNanos);
        together[i] = turn(threads, calls, turnNanos);
        ratios[i] = together[i] / one[i];
        progress.accept((i + 1.0) / turns);
      }
      return new Outcome(callers, median(one), median(together), median(ratios));
    }
  }

  /** Calls a second, of all that call over and over for that long, at least once. */
  private static double turn(ExecutorService threads, List<Runnable> calls, long nanos) {
    List<Callable<Double>> tasks = calls.stream().map(call -> repeated(call, nanos)).toList();
    double rate = 0;
    try {
      for (Future<Double> task : threads.invokeAll(tasks)) {
        rate += task.get();
      }
    } catch (ExecutionException failed) {
      throw new IllegalStateException("a caller failed: " + failed.getCause(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", interrupted);
    }
    return rate;
  }

  private static Callable<Double> repeated(Runnable call, long nanos) {
    return () -> {
      long start = System.nanoTime();
      long count = 0;
      long elapsed;
      do {
        call.run();
        count++;
        elapsed = System.nanoTime() - start;
      } while (elapsed < nanos);
      return count * 1e9 / elapsed;
    };
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
