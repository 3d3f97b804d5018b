package io.github.lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Results as a picture: a roofline (Williams et al. 2009), and below it each shape's share of its
 * limit. Self-contained SVG; follows the reader's light or dark mode; contenders differ in form as
 * well as in colour (Okabe and Ito 2008).
 */
public final class Picture {
  private static final double WIDTH = 1000;
  private static final double HEAD = 70;
  private static final double ROOFLINE = 430;

  /** Colours in light and dark mode; forms of the marks. Peers beyond the last share it. */
  static final String STYLE =
      """

      svg { font: 13px system-ui, sans-serif; background: #ffffff }
      .page { fill: #ffffff }
      text { fill: #1c2126; stroke: #ffffff; stroke-width: 3; paint-order: stroke }
      .title { font-size: 19px; font-weight: 600 }
      .quiet { fill: #59626b; font-size: 12px }
      .number { font-size: 12px; font-weight: 600 }
      .middle { text-anchor: middle }
      .right { text-anchor: end }
      .grid { stroke: #dfe3e7; stroke-width: 1 }
      .roof { stroke: #1c2126; stroke-width: 2 }
      .mark { stroke: #ffffff; stroke-width: 1 }
      .c0 { fill: #0072b2 } .c1 { fill: #d55e00 } .c2 { fill: #009e73 } .c3 { fill: #a64d85 }
      @media (prefers-color-scheme: dark) {
        svg { background: #14181c }
        .page { fill: #14181c }
        text { fill: #e8ebee; stroke: #14181c }
        .quiet { fill: #a5afb8 }
        .grid { stroke: #333b43 }
        .roof { stroke: #e8ebee }
        .mark { stroke: #14181c }
        .c0 { fill: #56b4e9 } .c1 { fill: #f0a030 } .c2 { fill: #2fc79a } .c3 { fill: #e08fbf }
      }
      """;

  private static final List<String> FORMS =
      List.of(
          "M-6 0A6 6 0 1 0 6 0A6 6 0 1 0 -6 0Z",
          "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
          "M-5 -5H5V5H-5Z",
          "M0 -6L6 5H-6Z");

  private Picture() {}

  /** Draws the results of one run; there must be one at least. */
  public static String of(List<Result> results, Limits limits) {
    List<String> names = names(results);
    Bars bars = new Bars(results, names);
    Result first = results.getFirst();
    String title =
        "lanewise bench "
            + first.op().key()
            + ", "
            + first.threads()
            + (first.threads() == 1 ? " thread" : " threads");
    double height = HEAD + ROOFLINE + bars.height();
    Svg svg = new Svg(WIDTH, height, title, STYLE);
    svg.bar("page", 0, 0, WIDTH, height, title);
    svg.text("title", 20, 32, title);
    svg.text(
        "quiet",
        20,
        54,
        String.format(
            Locale.ROOT,
            "limits measured in the same run: FMA peak %.1f GFLOP/s, %s %.1f GB/s; numbers: see below",
            limits.peakGflops(),
            limits.memoryUse(),
            limits.memoryGBs()));
    legend(svg, names);
    new Roofline(svg, results, names, limits).draw(70, HEAD + 20, WIDTH - 100, ROOFLINE - 90);
    bars.draw(svg, HEAD + ROOFLINE);
    return svg.finish();
  }

  /** Who took part: we first, then the peers in the order in which they appear. */
  private static List<String> names(List<Result> results) {
    List<String> names = new ArrayList<>();
    names.add("lanewise");
    for (Result result : results) {
      for (Result.PeerResult peer : result.peers()) {
        if (!names.contains(peer.name())) {
          names.add(peer.name());
        }
      }
    }
    return names;
  }

  private static void legend(Svg svg, List<String> names) {
    if (names.size() == 1) {
      return;
    }
    double x = WIDTH - 30;
    for (int i = names.size() - 1; i >= 0; i--) {
      svg.text("right", x, 32, names.get(i));
      x -= 8.6 * names.get(i).length() + 12;
      svg.mark(colour(i) + " mark", x, 28, form(i), "");
      x -= 24;
    }
  }

  static String colour(int contender) {
    return "c" + Math.min(contender, FORMS.size() - 1);
  }

  static String form(int contender) {
    return FORMS.get(Math.min(contender, FORMS.size() - 1));
  }
}
