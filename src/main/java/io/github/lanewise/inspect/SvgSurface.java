package io.github.lanewise.inspect;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes SVG; text is escaped by the JDK's writer. */
final class SvgSurface implements Surface {
  private static final int SHARP = 256; // programs that smooth images show squares of this many

  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  SvgSurface(double width, double height, String title) {
    try {
      xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartElement("svg");
      attributes(
          "xmlns",
          "http://www.w3.org/2000/svg",
          "viewBox",
          "0 0 " + number(width) + " " + number(height),
          "width",
          number(width),
          "height",
          number(height),
          "font-family",
          "Helvetica, Arial, 'DejaVu Sans', sans-serif");
      element("title", printable(title));
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void rectangle(double x, double y, double width, double height, int colour) {
    element(
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
    element(
        "text",
        printable(content),
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
    element(
        "text",
        printable(content),
        "transform",
        "translate(" + number(x) + " " + number(y) + ") rotate(-90)",
        "font-size",
        number(size),
        "fill",
        colour(colour));
  }

  @Override
  public void image(double x, double y, double width, double height, BufferedImage image) {
    element(
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
    try {
      xml.writeEndDocument();
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
    Files.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void element(String name, String content, String... attributes) {
    try {
      xml.writeStartElement(name);
      attributes(attributes);
      xml.writeCharacters(content);
      xml.writeEndElement();
      xml.writeCharacters("\n");
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void attributes(String... namesAndValues) throws XMLStreamException {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      xml.writeAttribute(namesAndValues[i], namesAndValues[i + 1]);
    }
  }

  /** Without what XML cannot say: control characters and halves of surrogate pairs. */
  private static String printable(String text) {
    return text.codePoints()
        .map(
            c ->
                (c < 0x20 && c != '\t')
                        || (c >= 0xD800 && c < 0xE000)
                        || c > 0x10FFFD
                        || (c & 0xFFFE) == 0xFFFE
                    ? 0xFFFD
                    : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
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

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
