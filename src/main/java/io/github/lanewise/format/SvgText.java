package io.github.lanewise.format;

import java.io.StringWriter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** An SVG picture as text, element by element; the JDK's writer escapes. */
public final class SvgText {
  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  /**
   * Begins a picture.
   *
   * @param title what it is called, also by those who cannot see it
   * @param attributes further ones of the root: names and values in turn
   */
  public SvgText(double width, double height, String title, String... attributes) {
    try {
      xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartElement("svg");
      write(
          "xmlns",
          "http://www.w3.org/2000/svg",
          "viewBox",
          "0 0 " + number(width) + " " + number(height),
          "width",
          number(width),
          "height",
          number(height),
          "role",
          "img",
          "aria-label",
          title);
      write(attributes);
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
    element("title", title);
  }

  /** Opens an element; attributes are names and values in turn. */
  public void begin(String name, String... attributes) {
    try {
      xml.writeStartElement(name);
      write(attributes);
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Closes the element that was opened last. */
  public void end() {
    try {
      xml.writeEndElement();
      xml.writeCharacters("\n");
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A whole element. */
  public void element(String name, String content, String... attributes) {
    begin(name, attributes);
    try {
      xml.writeCharacters(printable(content));
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
    end();
  }

  /** Closes the picture. */
  public String finish() {
    end();
    return text.toString();
  }

  /** A coordinate. */
  public static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private void write(String... namesAndValues) throws XMLStreamException {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      xml.writeAttribute(namesAndValues[i], printable(namesAndValues[i + 1]));
    }
  }

  /** Without what XML cannot say: control characters and halves of surrogate pairs. */
  private static String printable(String text) {
    return text.codePoints()
        .map(c -> isSayable(c) ? c : 0xFFFD)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isSayable(int c) {
    boolean isControl = c < 0x20 && c != '\t' && c != '\n';
    boolean isHalf = c >= 0xD800 && c < 0xE000;
    return !isControl && !isHalf && c <= 0x10FFFD && (c & 0xFFFE) != 0xFFFE;
  }
}
