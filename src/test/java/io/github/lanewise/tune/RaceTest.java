package io.github.lanewise.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.tune.Race.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RaceTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void theFastestWinsUnderNoiseThatHitsAllAlike() {
    for (int seed = 0; seed < 20; seed++) {
      FakeMachine machine = new FakeMachine(seed);
      List<Integer> candidates = new ArrayList<>(IntStream.rangeClosed(90, 109).boxed().toList());
      List<Standing<Integer>> standings =
          new Race<>(machine.<Integer>stopwatch(speed -> speed / 100.0), new Random(seed))
              .run(100, candidates, Deadline.in(machine, 30 * SECOND));
      Standing<Integer> winner = standings.getFirst();
      assertTrue(winner.candidate() >= 108, "seed " + seed + ": " + winner);
      assertTrue(winner.isFaster(0.01), "seed " + seed + ": " + winner);
      assertEquals(winner.candidate() / 100.0, winner.ratio(), 0.01, "seed " + seed);
      assertEquals(candidates.size(), standings.size());
    }
  }

  @Test
  void equalsAreNotTakenForFaster() {
    int wrong = 0;
    for (int seed = 0; seed < 50; seed++) {
      FakeMachine machine = new FakeMachine(seed);
      Standing<Integer> winner =
          new Race<>(machine.<Integer>stopwatch(any -> 1), new Random(seed))
              .run(0, List.of(1, 2, 3, 4, 5, 6), Deadline.in(machine, 10 * SECOND))
              .getFirst();
      wrong += winner.isFaster(0.005) ? 1 : 0;
    }
    assertTrue(wrong <= 5, wrong + " of 50 races between equals had a winner");
  }

  @Test
  void theHopelessLeaveSoon() {
    FakeMachine machine = new FakeMachine(1);
    List<Standing<Integer>> standings =
        new Race<>(machine.<Integer>stopwatch(speed -> speed / 100.0), new Random(1))
            .run(100, List.of(3, 99, 5, 101), Deadline.in(machine, 10 * SECOND));
    for (Standing<Integer> standing : standings) {
      assertEquals(standing.candidate() < 10, standing.rounds() == 2, standing.toString());
    }
    assertEquals(List.of(101, 99), standings.stream().limit(2).map(Standing::candidate).toList());
  }

  @Test
  void endsWithItsTime() {
    for (long millis : new long[] {0, 1, 20, 300, 5_000}) {
      FakeMachine machine = new FakeMachine(2);
      List<Standing<Integer>> standings =
          new Race<>(machine.<Integer>stopwatch(speed -> 1), new Random(2))
              .run(0, List.of(1, 2, 3, 4, 5), Deadline.in(machine, millis * 1_000_000));
      // One turn may have begun just before the end, and the incumbent's must follow.
      long over = machine.getAsLong() - millis * 1_000_000;
      assertTrue(over < 10 * FakeMachine.TURN_NANOS, millis + " ms ended " + over + " ns late");
      assertEquals(millis == 0, standings.isEmpty());
    }
  }

  @Test
  void withoutCandidatesThereIsNothingToDo() {
    FakeMachine machine = new FakeMachine(3);
    assertTrue(
        new Race<>(machine.<Integer>stopwatch(any -> 1), new Random(3))
            .run(0, List.of(), Deadline.in(machine, SECOND))
            .isEmpty());
    assertEquals(0, machine.getAsLong());
  }

  @Test
  void fewRoundsProveNothing() {
    Standing<Integer> two = new Standing<>(1, 1.5, ratios(1.5, 1.5).noise(), 2);
    assertFalse(two.isFaster(0));
    assertTrue(new Standing<>(1, 1.5, ratios(1.5, 1.5, 1.5).noise(), 3).isFaster(0));
  }

  @Test
  void mediansIgnoreSpikes() {
    assertEquals(1.25, ratios(1.25, 1.2, 900, 1.3, 0.001).median());
    assertEquals(1.5, ratios(1, 2).median());
    assertEquals(0, ratios(2, 2, 2, 50).noise());
    assertEquals(
        2 * 1.2533 * 1.4826 * 0.1 / Math.sqrt(5), ratios(1, 1.1, 1.2, 1.3, 0.9).noise(), 1e-9);
  }

  private static Ratios ratios(double... values) {
    Ratios ratios = new Ratios();
    for (double value : values) {
      ratios.add(value);
    }
    return ratios;
  }
}
