package io.github.lanewise.bench;

import io.github.lanewise.bench.Growth.Form;
import io.github.lanewise.bench.Growth.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Time against length, both logarithmic, a panel for each number of heads: what grows as n rises by
 * one step for each step, what grows as n² by two. Lines carry their names; self-contained SVG that
 * follows the reader's light or dark mode.
 */
public final class GrowthPicture {
  private static final double WIDTH = 1120;
  private static final double HEIGHT = 600;
  private static final double TOP = 118;
  private static final double FOOT = 58;
  private static final double LEFT = 76;
  private static final double PANEL = 330;
  private static final double NAMES = 168;

  /** Between two names at the ends of lines, each of two rows. */
  private static final double LEAST_GAP = 34;

  static final String LINES =
      """
      .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
      .s0 { stroke: #0072b2 } .s1 { stroke: #d55e00 } .s2 { stroke: #009e73 } .s3 { stroke: #a64d85 }
      .name { font-weight: 600 }
      .lead { stroke: #a5afb8; stroke-width: 1 }
      @media (prefers-color-scheme: dark) {
        .s0 { stroke: #56b4e9 } .s1 { stroke: #f0a030 } .s2 { stroke: #2fc79a }
        .s3 { stroke: #e08fbf }
        .lead { stroke: #59626b }
      }
      """;

  private static final double[] SECONDS = {
    1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 60, 600, 3600, 36_000
  };

  private static final List<String> TIMES =
      List.of(
          "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "1 min", "10 min", "1 h",
          "10 h");

  private final Svg svg;
  private final List<Point> points;
  private double leastTokens = Double.MAX_VALUE;
  private double mostTokens;
  private double leastNanos = Double.MAX_VALUE;
  private double mostNanos;

  private GrowthPicture(Svg svg, List<Point> points) {
    this.svg = svg;
    this.points = points;
    for (Point point : points) {
      leastTokens = Math.min(leastTokens, point.task().tokens());
      mostTokens = Math.max(mostTokens, point.task().tokens());
      leastNanos = Math.min(leastNanos, point.nanos() / 1.6);
      mostNanos = Math.max(mostNanos, point.nanos() * 1.6);
    }
    // A single length still needs an axis.
    mostTokens = Math.max(mostTokens, 2 * leastTokens);
  }

  /** Draws the points of one run; there must be one at least. */
  public static String of(List<Point> points, int threads, double peakGflops) {
    String title = "How the time of attention grows with its length";
    Svg svg = new Svg(WIDTH, HEIGHT, title, Picture.STYLE + LINES);
    svg.bar("page", 0, 0, WIDTH, HEIGHT, title);
    svg.text("title", 20, 32, title);
    svg.text(
        "quiet",
        20,
        54,
        format(
            "lanewise bench growth, %d thread%s, head dimension 64, f32; FMA peak %.1f GFLOP/s. Both"
                + " axes are logarithmic:",
            threads, threads == 1 ? "" : "s", peakGflops));
    svg.text(
        "quiet",
        20,
        72,
        "the number beside a name is the power of the length that its time grows with, over the"
            + " upper half of the lengths.");
    new GrowthPicture(svg, points).draw();
    return svg.finish();
  }

  private void draw() {
    List<Integer> heads = points.stream().map(p -> p.task().heads()).distinct().sorted().toList();
    for (int i = 0; i < heads.size(); i++) {
      int count = heads.get(i);
      panel(
          LEFT + i * (PANEL + NAMES + 20),
          count == 1 ? "one head" : count + " heads",
          i == 0,
          points.stream().filter(p -> p.task().heads() == count).toList());
    }
    svg.text(
        "quiet middle", LEFT + PANEL + NAMES / 2, HEIGHT - 12, "tokens, queries as well as keys");
  }

  private void panel(double left, String title, boolean named, List<Point> ofPanel) {
    svg.text("name", left, TOP - 14, title);
    axes(left, named);
    List<Form> forms = ofPanel.stream().map(p -> p.task().form()).distinct().toList();
    List<Label> labels = new ArrayList<>();
    for (Form form : forms) {
      List<Point> line =
          ofPanel.stream()
              .filter(p -> p.task().form() == form)
              .sorted(Comparator.comparingInt(p -> p.task().tokens()))
              .toList();
      line(left, line);
      labels.add(new Label(form, y(line.getLast().nanos()), power(line)));
    }
    labels.sort(Comparator.comparingDouble(Label::y));
    double lowest = TOP + 6;
    double room = HEIGHT - FOOT - LEAST_GAP * labels.size();
    for (Label label : labels) {
      double at = Math.max(lowest, Math.min(label.y, room));
      name(left + PANEL, label, at);
      lowest = at + LEAST_GAP;
      room += LEAST_GAP;
    }
  }

  private record Label(Form form, double y, double power) {}

  private void axes(double left, boolean named) {
    double bottom = HEIGHT - FOOT;
    for (double tokens = leastTokens; tokens <= mostTokens; tokens *= 4) {
      svg.line("grid", left + x(tokens), TOP, left + x(tokens), bottom);
      svg.text("quiet middle", left + x(tokens), bottom + 20, tokens(tokens));
    }
    if (mostTokens > 180_000) {
      svg.line("grid", left + x(mostTokens), TOP, left + x(mostTokens), bottom);
      svg.text("quiet middle", left + x(mostTokens), bottom + 20, tokens(mostTokens));
    }
    for (int i = 0; i < SECONDS.length; i++) {
      double nanos = SECONDS[i] * 1e9;
      if (nanos >= leastNanos && nanos <= mostNanos) {
        svg.line("grid", left, y(nanos), left + PANEL, y(nanos));
        if (named) {
          svg.text("quiet right", left - 8, y(nanos) + 4, TIMES.get(i));
        }
      }
    }
  }

  private void line(double left, List<Point> line) {
    int form = line.getFirst().task().form().ordinal();
    StringBuilder path = new StringBuilder();
    for (Point point : line) {
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(format("%.1f %.1f", left + x(point.task().tokens()), y(point.nanos())));
    }
    svg.path("line s" + form, path.toString());
    for (Point point : line) {
      svg.mark(
          Picture.colour(form) + " mark",
          left + x(point.task().tokens()),
          y(point.nanos()),
          Picture.form(form),
          format(
              "%s, %d tokens: %.4g s, %.1f GFLOP/s",
              point.task().form().title(),
              point.task().tokens(),
              point.nanos() / 1e9,
              point.gflops()));
    }
  }

  /** At the end of its line, led there where another name had to make room. */
  private void name(double right, Label label, double at) {
    if (Math.abs(at - label.y) > 4) {
      svg.line("lead", right + 8, label.y, right + 15, at);
    }
    svg.text("name", right + 18, at + 4, label.form.title());
    svg.text("quiet", right + 18, at + 19, format("n^%.2f", label.power));
  }

  /** The power of the length that time grows with, by the least squares of the upper half. */
  private static double power(List<Point> line) {
    List<Point> upper = line.subList((line.size() - 1) / 2, line.size());
    double meanX = upper.stream().mapToDouble(p -> Math.log(p.task().tokens())).average().orElse(0);
    double meanY = upper.stream().mapToDouble(p -> Math.log(p.nanos())).average().orElse(0);
    double both = 0;
    double square = 0;
    for (Point point : upper) {
      double dx = Math.log(point.task().tokens()) - meanX;
      both += dx * (Math.log(point.nanos()) - meanY);
      square += dx * dx;
    }
    return square == 0 ? 0 : both / square;
  }

  private double x(double tokens) {
    return PANEL * Math.log(tokens / leastTokens) / Math.log(mostTokens / leastTokens);
  }

  private double y(double nanos) {
    double height = HEIGHT - FOOT - TOP;
    return TOP + height - height * Math.log(nanos / leastNanos) / Math.log(mostNanos / leastNanos);
  }

  private static String tokens(double tokens) {
    return tokens % 1024 == 0
        ? format("%.0fK", tokens / 1024)
        : tokens % 1000 == 0 ? format("%.0f,000", tokens / 1000) : format("%.0f", tokens);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
