package io.github.lanewise.inspect;

import static io.github.lanewise.format.SvgText.number;

import io.github.lanewise.format.SvgText;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Draws SVG. */
final class SvgSurface implements Surface {
  private static final int SHARP = 256; // programs that smooth images show squares of this many

  private final SvgText out;

  SvgSurface(double width, double height, String title) {
    out =
        new SvgText(
            width, height, title, "font-family", "Helvetica, Arial, 'DejaVu Sans', sans-serif");
  }

  @Override
  public void rectangle(double x, double y, double width, double height, int colour) {
    out.element(
        "rect",
        "",
        "x",
        number(x),
        "y",
        number(y),
        "width",
        number(width),
        "height",
        number(height),
        "fill",
        colour(colour),
        "shape-rendering",
        "crispEdges");
  }

  @Override
  public void text(double x, double y, double size, Anchor anchor, int colour, String content) {
    out.element(
        "text",
        content,
        "x",
        number(x),
        "y",
        number(y),
        "font-size",
        number(size),
        "text-anchor",
        anchor.name().toLowerCase(Locale.ROOT),
        "fill",
        colour(colour));
  }

  @Override
  public void textUpwards(double x, double y, double size, int colour, String content) {
    out.element(
        "text",
        content,
        "transform",
        "translate(" + number(x) + " " + number(y) + ") rotate(-90)",
        "font-size",
        number(size),
        "fill",
        colour(colour));
  }

  @Override
  public void image(double x, double y, double width, double height, BufferedImage image) {
    out.element(
        "image",
        "",
        "x",
        number(x),
        "y",
        number(y),
        "width",
        number(width),
        "height",
        number(height),
        "preserveAspectRatio",
        "none",
        "style",
        "image-rendering: pixelated",
        "href",
        "data:image/png;base64," + png(image));
  }

  @Override
  public void write(Path file) throws IOException {
    Files.writeString(file, out.finish());
  }

  private static String png(BufferedImage image) {
    int factor = Math.max(1, SHARP / Math.max(image.getWidth(), image.getHeight()));
    BufferedImage sharp =
        new BufferedImage(
            factor * image.getWidth(), factor * image.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sharp.createGraphics();
    graphics.drawImage(image, 0, 0, sharp.getWidth(), sharp.getHeight(), null);
    graphics.dispose();
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ImageIO.write(sharp, "png", out);
      return Base64.getEncoder().encodeToString(out.toByteArray());
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String colour(int colour) {
    return String.format(Locale.ROOT, "#%06x", colour);
  }
}
