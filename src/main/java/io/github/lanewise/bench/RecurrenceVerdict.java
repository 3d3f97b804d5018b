package io.github.lanewise.bench;

import io.github.lanewise.bench.Recurrence.Point;
import java.util.List;
import java.util.Locale;

/** Says in words what a measurement of an LSTM beside attention shows. */
public final class RecurrenceVerdict {
  private static final String REASON =
      "An LSTM takes the same for every token; attention takes more with every token before it,"
          + " n² in all.";

  private RecurrenceVerdict() {}

  /** Two sentences: which of them is faster at which lengths, and why that changes. */
  public static List<String> of(List<Point> points, int width) {
    int threads = points.stream().mapToInt(Point::threads).max().orElseThrow();
    List<Point> its = points.stream().filter(point -> point.threads() == threads).toList();
    return List.of(
        String.format(
            Locale.ROOT,
            "At width %,d with %d thread%s, attention is %s.",
            width,
            threads,
            threads == 1 ? "" : "s",
            comparison(its)),
        REASON);
  }

  private static String comparison(List<Point> points) {
    Point first = points.getFirst();
    Point last = points.getLast();
    int wins = 0;
    while (wins < points.size() && points.get(wins).speedup() >= 1) {
      wins++;
    }
    if (wins == points.size()) {
      return points.size() == 1
          ? text("the faster at %,d tokens, %.1fx", first.tokens(), first.speedup())
          : text(
              "the faster at all lengths measured, %.1fx at %,d tokens and %.1fx at %,d",
              first.speedup(), first.tokens(), last.speedup(), last.tokens());
    }
    if (wins == 0) {
      return text("no faster at %,d tokens, %.1fx", first.tokens(), first.speedup());
    }
    return text(
        "the faster up to %,d tokens and the slower from %,d on, %.1fx at %,d and %.1fx at %,d",
        points.get(wins - 1).tokens(),
        points.get(wins).tokens(),
        first.speedup(),
        first.tokens(),
        last.speedup(),
        last.tokens());
  }

  private static String text(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
