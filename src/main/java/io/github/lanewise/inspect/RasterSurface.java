package io.github.lanewise.inspect;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Draws pixels, for PNG; needs no screen. */
final class RasterSurface implements Surface {
  /** Pixels a unit: about 300 dpi for a picture as wide as a page. */
  private static final int SCALE = 3;

  private final BufferedImage image;
  private final Graphics2D graphics;

  RasterSurface(double width, double height) {
    image =
        new BufferedImage(
            (int) Math.ceil(SCALE * width),
            (int) Math.ceil(SCALE * height),
            BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.scale(SCALE, SCALE);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
  }

  @Override
  public void rectangle(double x, double y, double width, double height, int colour) {
    graphics.setColor(new Color(colour));
    graphics.fill(new Rectangle2D.Double(x, y, width, height));
  }

  @Override
  public void text(double x, double y, double size, Anchor anchor, int colour, String text) {
    font(size, colour);
    double wide = graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
    double left =
        switch (anchor) {
          case START -> x;
          case MIDDLE -> x - wide / 2;
          case END -> x - wide;
        };
    graphics.drawString(text, (float) left, (float) y);
  }

  @Override
  public void textUpwards(double x, double y, double size, int colour, String text) {
    AffineTransform before = graphics.getTransform();
    graphics.rotate(-Math.PI / 2, x, y);
    text(x, y, size, Anchor.START, colour, text);
    graphics.setTransform(before);
  }

  @Override
  public void image(double x, double y, double width, double height, BufferedImage of) {
    AffineTransform place = AffineTransform.getTranslateInstance(x, y);
    place.scale(width / of.getWidth(), height / of.getHeight());
    graphics.drawImage(of, place, null);
  }

  @Override
  public void write(Path file) throws IOException {
    graphics.dispose();
    try (OutputStream out = Files.newOutputStream(file)) {
      ImageIO.write(image, "png", out);
    }
  }

  private void font(double size, int colour) {
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont((float) size));
    graphics.setColor(new Color(colour));
  }
}
