package io.github.lanewise.bench;

import static io.github.lanewise.format.SvgText.number;

import io.github.lanewise.format.SvgText;

/** Writes the few forms that a picture of figures needs; see {@link SvgText}. */
final class Svg {
  private final SvgText out;

  /** Begins a picture. */
  Svg(double width, double height, String title, String style) {
    out = new SvgText(width, height, title);
    out.element("style", style);
  }

  /** A line by its path. */
  void path(String style, String path) {
    out.element("path", "", "class", style, "d", path);
  }

  void line(String style, double x1, double y1, double x2, double y2) {
    out.element(
        "line",
        "",
        "class",
        style,
        "x1",
        number(x1),
        "y1",
        number(y1),
        "x2",
        number(x2),
        "y2",
        number(y2));
  }

  /** A rectangle that shows {@code hint} under the pointer. */
  void bar(String style, double x, double y, double width, double height, String hint) {
    out.begin(
        "rect",
        "class",
        style,
        "x",
        number(x),
        "y",
        number(y),
        "width",
        number(width),
        "height",
        number(height));
    out.element("title", hint);
    out.end();
  }

  void text(String style, double x, double y, String content) {
    out.element("text", content, "class", style, "x", number(x), "y", number(y));
  }

  /** A closed line around a point, by its path, that shows {@code hint} under the pointer. */
  void mark(String style, double x, double y, String path, String hint) {
    out.begin(
        "path",
        "class",
        style,
        "d",
        path,
        "transform",
        "translate(" + number(x) + " " + number(y) + ")");
    if (!hint.isEmpty()) {
      out.element("title", hint);
    }
    out.end();
  }

  /** Ends the picture. */
  String finish() {
    return out.finish();
  }
}
