package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.bench.Recurrence.Point;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.recurrent.Lstm;
import io.github.lanewise.model.recurrent.RecurrentConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How far an LSTM and attention are compared, and what is said of it. */
class RecurrenceTest {
  private static final RecurrentConfig CONFIG = new RecurrentConfig("small", 1, 16, 2, 4096, null);

  @Test
  void goesToTheGreatestLengthAndNoFurther() {
    assertEquals(List.of(40), new Recurrence(CONFIG, 40, 1, 1).lengths());
    assertEquals(List.of(128), new Recurrence(CONFIG, 128, 1, 1).lengths());
    assertEquals(List.of(128, 256, 300), new Recurrence(CONFIG, 300, 1, 1).lengths());
  }

  @Test
  void stopsWhenTheTimeIsSpent() {
    List<Point> points = new Recurrence(CONFIG, 4096, 1, 1).run(2, 1, Progress.NONE);
    assertEquals(List.of(128, 128), points.stream().map(Point::tokens).toList());
    assertEquals(List.of(1, 2), points.stream().map(Point::threads).toList());
    List<Point> all = new Recurrence(CONFIG, 256, 1, Double.MAX_VALUE).run(1, 1, Progress.NONE);
    assertEquals(List.of(128, 256), all.stream().map(Point::tokens).toList());
  }

  @Test
  void plansMemoryOfBothLayers() {
    long lstm = Lstm.plan(CONFIG, 2, 1, 4096).totalBytes();
    long both = Recurrence.bytes(CONFIG, 4096, 2);
    assertTrue(both >= lstm + 6L * 4096 * 16 * Float.BYTES, both + " bytes");
    assertTrue(Recurrence.bytes(CONFIG, 128, 2) < both);
  }

  @Test
  void saysWhichIsFasterWhere() {
    assertEquals(
        "At width 384 with 2 threads, attention is the faster up to 256 tokens and the slower from"
            + " 512 on, 4.0x at 128 and 0.5x at 512.",
        verdict(point(128, 4), point(256, 2), point(512, 0.5)));
    assertEquals(
        "At width 384 with 2 threads, attention is the faster at all lengths measured, 4.0x at 128"
            + " tokens and 2.0x at 256.",
        verdict(point(128, 4), point(256, 2)));
    assertEquals(
        "At width 384 with 2 threads, attention is the faster at 40 tokens, 4.0x.",
        verdict(point(40, 4)));
    assertEquals(
        "At width 384 with 2 threads, attention is no faster at 40 tokens, 0.5x.",
        verdict(point(40, 0.5)));
  }

  private static String verdict(Point... points) {
    return RecurrenceVerdict.of(List.of(points), 384).getFirst();
  }

  private static Point point(int tokens, double speedup) {
    return new Point(tokens, 2, speedup * 1e6, 1e6);
  }
}
