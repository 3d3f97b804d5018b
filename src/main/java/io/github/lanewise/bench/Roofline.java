package io.github.lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Speed against operations for each byte, both logarithmic, under the roofs of arithmetic and
 * memory. Points carry the numbers of the shapes in the list below.
 */
final class Roofline {
  private static final double[] STEPS = {1, 2, 5};

  /** Where a number may stand beside its point, in the order of preference. */
  private static final double[][] PLACES = {
    {0, -11},
    {0, 21},
    {15, 5},
    {-15, 5},
    {13, -11},
    {-13, -11},
    {13, 19},
    {-13, 19},
    {0, -26},
    {0, 36},
    {0, -41},
    {0, 51}
  };

  private static final double LABEL_WIDTH = 16;
  private static final double LABEL_HEIGHT = 14;

  private final Svg svg;
  private final List<Result> results;
  private final List<String> names;
  private final Limits limits;
  private final List<double[]> taken = new ArrayList<>();
  private double left;
  private double top;
  private double width;
  private double height;
  private double leastX;
  private double mostX;
  private double leastY;
  private double mostY;

  Roofline(Svg svg, List<Result> results, List<String> names, Limits limits) {
    this.svg = svg;
    this.results = results;
    this.names = names;
    this.limits = limits;
  }

  void draw(double newLeft, double newTop, double newWidth, double newHeight) {
    left = newLeft;
    top = newTop;
    width = newWidth;
    height = newHeight;
    findRange();
    axes();
    roofs();
    points();
  }

  private void findRange() {
    double ridge = limits.peakGflops() / limits.memoryGBs();
    leastX = ridge / 4;
    mostX = ridge * 4;
    leastY = limits.peakGflops() / 4;
    for (Result result : results) {
      leastX = Math.min(leastX, result.intensity() / 1.5);
      mostX = Math.max(mostX, result.intensity() * 1.5);
      leastY = Math.min(leastY, result.gflops() / 1.5);
      for (Result.PeerResult peer : result.peers()) {
        leastY = Math.min(leastY, gflops(result, peer.timing()) / 1.5);
      }
    }
    leastY = Math.min(leastY, leastX * limits.memoryGBs());
    mostY = limits.peakGflops() * 1.6;
  }

  private void axes() {
    for (double decade = decade(leastX); decade <= mostX; decade *= 10) {
      for (double step : STEPS) {
        double x = decade * step;
        if (x >= leastX && x <= mostX) {
          svg.line("grid", x(x), top, x(x), top + height);
          svg.text("quiet middle", x(x), top + height + 18, tick(x));
        }
      }
    }
    for (double decade = decade(leastY); decade <= mostY; decade *= 10) {
      for (double step : STEPS) {
        double y = decade * step;
        if (y >= leastY && y <= mostY) {
          svg.line("grid", left, y(y), left + width, y(y));
          svg.text("quiet right", left - 8, y(y) + 4, tick(y));
        }
      }
    }
    svg.text(
        "quiet middle",
        left + width / 2,
        top + height + 38,
        "floating point operations for each byte that a call must move");
    svg.text("quiet", left - 50, top - 8, "GFLOP/s");
  }

  private void roofs() {
    double ridge = limits.peakGflops() / limits.memoryGBs();
    double from = Math.max(leastX, leastY / limits.memoryGBs());
    svg.line("roof", x(from), y(from * limits.memoryGBs()), x(ridge), y(limits.peakGflops()));
    svg.line("roof", x(ridge), y(limits.peakGflops()), x(mostX), y(limits.peakGflops()));
    svg.text(
        "quiet right",
        left + width - 4,
        y(limits.peakGflops()) - 8,
        format("FMA peak %.1f GFLOP/s", limits.peakGflops()));
    double middle = Math.sqrt(from * ridge);
    svg.text(
        "quiet right",
        x(middle) - 12,
        y(middle * limits.memoryGBs()) - 6,
        format("%s %.1f GB/s", limits.memoryUse(), limits.memoryGBs()));
  }

  private void points() {
    for (Result result : results) {
      taken.add(box(x(result.intensity()), y(result.gflops()) + LABEL_HEIGHT / 2));
    }
    for (Result result : results) {
      for (Result.PeerResult peer : result.peers()) {
        mark(result, peer.name(), peer.timing());
      }
    }
    for (int i = 0; i < results.size(); i++) {
      mark(results.get(i), "lanewise", results.get(i).ours());
      number(results.get(i), i + 1);
    }
  }

  private void mark(Result result, String name, Timing timing) {
    int contender = names.indexOf(name);
    double gflops = gflops(result, timing);
    svg.mark(
        Picture.colour(contender) + " mark",
        x(result.intensity()),
        y(gflops),
        Picture.form(contender),
        format(
            "%s, %s: %.1f GFLOP/s, %.1f %% of the %s limit",
            name, result.shape(), gflops, 100 * result.limitShare(timing), result.limit()));
  }

  /** Writes a point's number where none stands yet. */
  private void number(Result result, int number) {
    double x = x(result.intensity());
    double y = y(result.gflops());
    double[] place = PLACES[0];
    for (double[] candidate : PLACES) {
      double[] box = box(x + candidate[0], y + candidate[1]);
      if (taken.stream().noneMatch(other -> overlap(box, other))) {
        place = candidate;
        break;
      }
    }
    taken.add(box(x + place[0], y + place[1]));
    svg.text("number middle", x + place[0], y + place[1], Integer.toString(number));
  }

  /** Of a label whose text is centred on x and stands on y. */
  private static double[] box(double x, double y) {
    return new double[] {x - LABEL_WIDTH / 2, y - LABEL_HEIGHT + 2, x + LABEL_WIDTH / 2, y + 2};
  }

  private static boolean overlap(double[] a, double[] b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  private double x(double intensity) {
    return left + width * Math.log(intensity / leastX) / Math.log(mostX / leastX);
  }

  private double y(double gflops) {
    return top + height - height * Math.log(gflops / leastY) / Math.log(mostY / leastY);
  }

  private static double gflops(Result result, Timing timing) {
    return result.flops() / timing.medianNanos();
  }

  private static double decade(double value) {
    return Math.pow(10, Math.floor(Math.log10(value)));
  }

  private static String tick(double value) {
    return value >= 1 ? format("%.0f", value) : Double.toString(Math.round(value * 1e6) / 1e6);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
