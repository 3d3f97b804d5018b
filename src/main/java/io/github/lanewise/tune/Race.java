package io.github.lanewise.tune;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * Compares candidates with an incumbent by successive halving (Jamieson and Talwalkar 2016): all
 * take turns; after each heat the slower half leaves, and the rest share the time.
 *
 * <p>In a round the incumbent and every candidate run once, in an order drawn anew, and a
 * candidate's ratio is that of its time and the incumbent's in the same round: load that lasts
 * longer than a round cancels out, and the median ignores what does not.
 *
 * @param <C> what a candidate is
 */
final class Race<C> {
  /** Always below this share of the incumbent's speed: leaves after two rounds. */
  private static final double HOPELESS = 0.6;

  private static final int HOPELESS_ROUNDS = 2;

  private static final int LEAST_ROUNDS = 3;

  private final Stopwatch<C> stopwatch;
  private final Random random;

  Race(Stopwatch<C> stopwatch, Random random) {
    this.stopwatch = stopwatch;
    this.random = random;
  }

  /**
   * What is known of a candidate.
   *
   * @param ratio its speed as a multiple of the incumbent's, the median of its rounds
   * @param noise what the ratio may be off by chance
   * @param rounds how often it ran
   */
  record Standing<C>(C candidate, double ratio, double noise, int rounds) {
    /** Whether it is faster than the incumbent beyond chance, and by {@code least} at that. */
    boolean isFaster(double least) {
      return ratio > 1 + Math.max(least, noise);
    }
  }

  /**
   * Races, for all the time there is.
   *
   * @return all candidates that ran at all: those that stayed longest first, the fastest first
   *     among them
   */
  List<Standing<C>> run(C incumbent, List<C> candidates, Deadline end) {
    List<Runner<C>> running = new ArrayList<>();
    candidates.forEach(candidate -> running.add(new Runner<>(candidate)));
    List<Runner<C>> left = new ArrayList<>();
    while (!running.isEmpty() && !end.passed()) {
      int heatsLeft = 1 + (Integer.SIZE - Integer.numberOfLeadingZeros(running.size() - 1));
      heat(incumbent, running, left, end, end.within(1.0 / heatsLeft));
      running.sort(FASTEST_FIRST);
      if (running.size() > 1) {
        List<Runner<C>> slower = running.subList((running.size() + 1) / 2, running.size());
        left.addAll(0, slower);
        slower.clear();
      }
    }
    running.addAll(left);
    return running.stream()
        .filter(runner -> runner.ratios.count() > 0)
        .map(Runner::standing)
        .toList();
  }

  /** Rounds until its time is over, three at least while the race goes on. */
  private void heat(
      C incumbent, List<Runner<C>> running, List<Runner<C>> left, Deadline end, Deadline heatEnd) {
    for (int round = 0;
        !running.isEmpty() && !end.passed() && (round < LEAST_ROUNDS || !heatEnd.passed());
        round++) {
      round(incumbent, running, end);
      for (Runner<C> runner : List.copyOf(running)) {
        if (runner.ratios.count() >= HOPELESS_ROUNDS && runner.ratios.greatest() < HOPELESS) {
          running.remove(runner);
          left.add(runner);
        }
      }
    }
  }

  private void round(C incumbent, List<Runner<C>> running, Deadline end) {
    List<Runner<C>> order = new ArrayList<>(running);
    Collections.shuffle(order, random);
    int turnOfIncumbent = random.nextInt(order.size() + 1);
    double[] nanos = new double[order.size()];
    double incumbentNanos = 0;
    int ran = 0;
    for (int i = 0; i <= order.size() && !(incumbentNanos > 0 && end.passed()); i++) {
      if (i == turnOfIncumbent) {
        incumbentNanos = stopwatch.nanos(incumbent);
      }
      if (i < order.size()) {
        nanos[i] = stopwatch.nanos(order.get(i).candidate);
        ran = i + 1;
      }
    }
    for (int i = 0; i < ran; i++) {
      order.get(i).ratios.add(incumbentNanos / nanos[i]);
    }
  }

  private static final Comparator<Runner<?>> FASTEST_FIRST =
      Comparator.comparingDouble((Runner<?> runner) -> -runner.speed());

  private static final class Runner<C> {
    private final C candidate;
    private final Ratios ratios = new Ratios();

    Runner(C candidate) {
      this.candidate = candidate;
    }

    double speed() {
      return ratios.count() == 0 ? 0 : ratios.median();
    }

    Standing<C> standing() {
      return new Standing<>(candidate, ratios.median(), ratios.noise(), ratios.count());
    }
  }
}
