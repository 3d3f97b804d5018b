package io.github.lanewise.inspect;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;

/** What still pictures are drawn on. Lengths are in units, from the top left; colours 0xRRGGBB. */
interface Surface {
  /** Where a text stands at its point. */
  enum Anchor {
    START,
    MIDDLE,
    END
  }

  /** A filled rectangle. */
  void rectangle(double x, double y, double width, double height, int colour);

  /** A line of text; {@code y} is that of its base line. */
  void text(double x, double y, double size, Anchor anchor, int colour, String text);

  /** A line of text that runs upwards from its point. */
  void textUpwards(double x, double y, double size, int colour, String text);

  /** An image, its pixels with sharp edges. */
  void image(double x, double y, double width, double height, BufferedImage image);

  /** Writes the picture; nothing may be drawn after it. */
  void write(Path file) throws IOException;

  /** About how wide a text is, on the safe side: no font is the same everywhere. */
  static double width(String text, double size) {
    return size * text.codePoints().mapToDouble(c -> c < 0x1100 ? 0.62 : 1.1).sum();
  }
}
