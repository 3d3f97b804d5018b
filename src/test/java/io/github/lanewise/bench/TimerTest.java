package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With a clock that only calls move. */
class TimerTest {
  private static final long MILLI = 1_000_000;
  private static final Matrix NOTHING = Matrix.allocate(Arena.ofAuto(), 0, 0);

  private long now;
  private final List<String> order = new ArrayList<>();

  @Test
  void aSlowStartDoesNotCount() {
    int[] calls = {0};
    Contender contender = contender("a", () -> now += calls[0]++ < 500 ? MILLI : 10_000);
    Timing timing = time(contender).getFirst();
    assertEquals(10_000, timing.medianNanos());
    assertEquals(10_000, timing.minNanos());
    assertEquals(0, timing.spread());
  }

  @Test
  void contendersTakeTurns() {
    Contender fast = contender("fast", () -> step("fast", MILLI));
    Contender slow = contender("slow", () -> step("slow", 40 * MILLI));
    List<Timing> timings = time(fast, slow);
    assertEquals(MILLI, timings.get(0).medianNanos());
    assertEquals(40 * MILLI, timings.get(1).medianNanos());
    long changes = 0;
    for (int i = 1; i < order.size(); i++) {
      changes += order.get(i).equals(order.get(i - 1)) ? 0 : 1;
    }
    assertTrue(changes >= 10, "changes: " + changes);
    assertTrue(timings.get(0).samples() >= 5 && timings.get(1).samples() >= 5);
  }

  @Test
  void copiesTakeTurns() {
    List<Runnable> calls =
        List.of(() -> step("0", MILLI), () -> step("1", MILLI), () -> step("2", MILLI));
    time(new Contender("a", "", calls, NOTHING));
    for (int i = 0; i < order.size(); i++) {
      assertEquals(Integer.toString(i % 3), order.get(i));
    }
  }

  @Test
  void longCallsAreRepeatedAFewTimesOnly() {
    Timing timing = time(contender("a", () -> step("a", 5_000 * MILLI))).getFirst();
    assertEquals(5, timing.samples());
    assertTrue(order.size() <= 10, "calls: " + order.size());
  }

  @Test
  void singleCallsAreTimedOneByOne() {
    int[] calls = {0};
    Contender contender = contender("a", () -> now += ++calls[0]);
    List<Long> nanos = new ArrayList<>();
    new Timer(1, 1, () -> now).each(contender, 4, nanos::add, done -> {});
    assertEquals(List.of(1L, 2L, 3L, 4L), nanos);
  }

  @Test
  void statisticsOfSamples() {
    Timing timing = Timing.of(new double[] {40, 10, 30, 20, 50, -1}, 5);
    assertEquals(new Timing(30, 10, 1.0 / 3, 5), timing);
    assertEquals(15, Timing.of(new double[] {10, 20}, 2).medianNanos());
  }

  private void step(String name, long nanos) {
    order.add(name);
    now += nanos;
  }

  private List<Timing> time(Contender... contenders) {
    List<Double> progress = new ArrayList<>();
    List<Timing> timings =
        new Timer(1, 1_000 * MILLI, () -> now).time(List.of(contenders), progress::add);
    assertEquals(progress.stream().sorted().toList(), progress);
    assertEquals(1, progress.getLast());
    return timings;
  }

  private static Contender contender(String name, Runnable call) {
    return new Contender(name, "", List.of(call), NOTHING);
  }
}
