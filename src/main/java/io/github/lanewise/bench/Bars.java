package io.github.lanewise.bench;

import java.util.List;
import java.util.Locale;

/** Each shape's share of its limit, peers beside us. */
final class Bars {
  private static final double LEFT = 280;
  private static final double FULL = 330;
  private static final double BAR = 16;
  private static final double GAP = 12;
  private static final double HEAD = 50;
  private static final double FOOT = 30;
  private static final int LONGEST_NAME = 36;

  private final List<Result> results;
  private final List<String> names;

  Bars(List<Result> results, List<String> names) {
    this.results = results;
    this.names = names;
  }

  double height() {
    double height = HEAD + FOOT;
    for (Result result : results) {
      height += height(result);
    }
    return height;
  }

  private static double height(Result result) {
    return (1 + result.peers().size()) * BAR + GAP;
  }

  void draw(Svg svg, double top) {
    svg.text("quiet", 20, top + 20, "share of the limit, median call");
    for (int percent = 0; percent <= 100; percent += 25) {
      double x = LEFT + FULL * percent / 100;
      svg.line("grid", x, top + HEAD - 6, x, top + height() - FOOT);
      svg.text("quiet middle", x, top + HEAD - 12, percent + " %");
    }
    double y = top + HEAD;
    for (int i = 0; i < results.size(); i++) {
      shape(svg, i + 1, results.get(i), y);
      y += height(results.get(i));
    }
  }

  private void shape(Svg svg, int number, Result result, double top) {
    svg.text("number right", 40, top + BAR - 3, Integer.toString(number));
    svg.text("", 50, top + BAR - 3, shortened(result.shape()));
    bar(svg, result, "lanewise", result.ours(), top, " (" + result.limit() + ")");
    double y = top;
    for (Result.PeerResult peer : result.peers()) {
      y += BAR;
      String beside =
          peer.agrees()
              ? String.format(Locale.ROOT, ", lanewise %.2fx", result.ratio(peer))
              : ", DISAGREES";
      bar(svg, result, peer.name(), peer.timing(), y, beside);
    }
  }

  private void bar(Svg svg, Result result, String name, Timing timing, double y, String beside) {
    double share = result.limitShare(timing);
    String rate =
        result.limit().equals("memory")
            ? String.format(Locale.ROOT, "%.1f GB/s", result.bytes() / timing.medianNanos())
            : String.format(Locale.ROOT, "%.1f GFLOP/s", result.flops() / timing.medianNanos());
    String whose = result.peers().isEmpty() ? "" : name + " ";
    String text = whose + String.format(Locale.ROOT, "%.1f %%, %s", 100 * share, rate) + beside;
    svg.bar(
        Picture.colour(names.indexOf(name)),
        LEFT,
        y + 1,
        FULL * share,
        BAR - 2,
        result.shape() + ": " + text);
    svg.text("quiet", LEFT + FULL * share + 8, y + BAR - 3, text);
  }

  private static String shortened(String shape) {
    return shape.length() <= LONGEST_NAME ? shape : shape.substring(0, LONGEST_NAME - 1) + "…";
  }
}
