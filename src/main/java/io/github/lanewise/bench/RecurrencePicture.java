package io.github.lanewise.bench;

import io.github.lanewise.bench.Recurrence.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The rate of a layer against the length of its input, both logarithmic: an LSTM's tokens a second
 * stay what they are, attention's fall as its keys grow. A line for each layer and number of
 * threads; self-contained SVG that follows the reader's light or dark mode.
 */
public final class RecurrencePicture {
  private static final double WIDTH = 860;
  private static final double HEIGHT = 520;
  private static final double TOP = 116;
  private static final double FOOT = 58;
  private static final double LEFT = 96;
  private static final double PANEL = 560;
  private static final double LEAST_GAP = 20;

  private final Svg svg;
  private final List<Line> lines;
  private double leastTokens = Double.MAX_VALUE;
  private double mostTokens;
  private double least = Double.MAX_VALUE;
  private double most;

  /** Tokens a second at some lengths. */
  private record Line(String name, int style, List<Mark> marks) {}

  private record Mark(int tokens, double rate) {}

  private RecurrencePicture(Svg svg, List<Line> lines) {
    this.svg = svg;
    this.lines = lines;
    for (Line line : lines) {
      for (Mark mark : line.marks) {
        leastTokens = Math.min(leastTokens, mark.tokens);
        mostTokens = Math.max(mostTokens, mark.tokens);
        least = Math.min(least, mark.rate / 1.3);
        most = Math.max(most, mark.rate * 1.3);
      }
    }
    // A single length still needs an axis.
    mostTokens = Math.max(mostTokens, 2 * leastTokens);
  }

  /** Draws the points of one run; there must be one at least. */
  public static String of(List<Point> points, String model, int width) {
    String title = "One step after the other, or all at once";
    Svg svg = new Svg(WIDTH, HEIGHT, title, Picture.STYLE + GrowthPicture.LINES);
    svg.bar("page", 0, 0, WIDTH, HEIGHT, title);
    svg.text("title", 20, 32, title);
    svg.text(
        "quiet",
        20,
        54,
        String.format(
            Locale.ROOT,
            "lanewise run %s: an LSTM layer and a layer of causal attention of width %d, tokens a"
                + " second; both axes are logarithmic",
            model,
            width));
    List<String> verdict = RecurrenceVerdict.of(points, width);
    for (int i = 0; i < verdict.size(); i++) {
      svg.text("quiet", 20, 74 + 18 * i, verdict.get(i));
    }
    new RecurrencePicture(svg, lines(points)).draw();
    return svg.finish();
  }

  private static List<Line> lines(List<Point> points) {
    List<Integer> threads = points.stream().map(Point::threads).distinct().sorted().toList();
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < threads.size(); i++) {
      int count = threads.get(i);
      String with = count == 1 ? ", 1 thread" : ", " + count + " threads";
      List<Point> its = points.stream().filter(p -> p.threads() == count).toList();
      lines.add(
          new Line(
              "LSTM" + with,
              2 * i,
              its.stream().map(p -> mark(p.tokens(), p.lstmNanos())).toList()));
      lines.add(
          new Line(
              "attention" + with,
              2 * i + 1,
              its.stream().map(p -> mark(p.tokens(), p.attentionNanos())).toList()));
    }
    return lines;
  }

  private static Mark mark(int tokens, double nanos) {
    return new Mark(tokens, tokens * 1e9 / nanos);
  }

  private void draw() {
    double bottom = HEIGHT - FOOT;
    for (double tokens = leastTokens; tokens <= mostTokens; tokens *= 2) {
      svg.line("grid", x(tokens), TOP, x(tokens), bottom);
      svg.text("quiet middle", x(tokens), bottom + 20, String.format(Locale.ROOT, "%,.0f", tokens));
    }
    svg.text("quiet middle", LEFT + PANEL / 2, HEIGHT - 12, "tokens of the sequence");
    for (double power = 1e2; power < 1e9; power *= 10) {
      for (double rate : new double[] {power, 2 * power, 5 * power}) {
        if (rate >= least && rate <= most) {
          svg.line("grid", LEFT, y(rate), LEFT + PANEL, y(rate));
          svg.text("quiet right", LEFT - 8, y(rate) + 4, String.format(Locale.ROOT, "%,.0f", rate));
        }
      }
    }
    lines.forEach(this::line);
    names();
  }

  private void line(Line line) {
    StringBuilder path = new StringBuilder();
    for (Mark mark : line.marks) {
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(String.format(Locale.ROOT, "%.1f %.1f", x(mark.tokens), y(mark.rate)));
    }
    svg.path("line s" + Math.min(line.style, 3), path.toString());
    for (Mark mark : line.marks) {
      svg.mark(
          Picture.colour(line.style) + " mark",
          x(mark.tokens),
          y(mark.rate),
          Picture.form(line.style),
          String.format(
              Locale.ROOT, "%s, %d tokens: %,.0f tokens/s", line.name, mark.tokens, mark.rate));
    }
  }

  /** At the ends of their lines, led there where another name had to make room. */
  private void names() {
    List<Line> fromTop = new ArrayList<>(lines);
    fromTop.sort(Comparator.comparingDouble(line -> y(line.marks.getLast().rate)));
    double lowest = TOP;
    double room = HEIGHT - FOOT - LEAST_GAP * (fromTop.size() - 1);
    for (Line line : fromTop) {
      double end = y(line.marks.getLast().rate);
      double at = Math.max(lowest, Math.min(end, room));
      if (Math.abs(at - end) > 3) {
        svg.line("lead", LEFT + PANEL + 8, end, LEFT + PANEL + 15, at);
      }
      svg.text("name", LEFT + PANEL + 18, at + 4, line.name);
      lowest = at + LEAST_GAP;
      room += LEAST_GAP;
    }
  }

  private double x(double tokens) {
    return LEFT + PANEL * Math.log(tokens / leastTokens) / Math.log(mostTokens / leastTokens);
  }

  private double y(double rate) {
    double height = HEIGHT - FOOT - TOP;
    return TOP + height - height * Math.log(rate / least) / Math.log(most / least);
  }
}
