package io.github.lanewise.bench;

import java.io.StringWriter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes the few forms that a picture of figures needs; text is escaped by the JDK's writer. */
final class Svg {
  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  /** Begins a picture. */
  Svg(double width, double height, String title, String style) {
    try {
      xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
    begin(
        "svg",
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
    content("title", title);
    content("style", style);
  }

  /** Opens an element; attributes are names and values in turn. */
  void begin(String element, String... attributes) {
    try {
      xml.writeStartElement(element);
      for (int i = 0; i < attributes.length; i += 2) {
        xml.writeAttribute(attributes[i], attributes[i + 1]);
      }
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  void end() {
    try {
      xml.writeEndElement();
      xml.writeCharacters("\n");
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  void content(String element, String content, String... attributes) {
    begin(element, attributes);
    try {
      xml.writeCharacters(content);
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException(impossible);
    }
    end();
  }

  void line(String style, double x1, double y1, double x2, double y2) {
    begin(
        "line",
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
    end();
  }

  /** A rectangle that shows {@code hint} under the pointer. */
  void bar(String style, double x, double y, double width, double height, String hint) {
    begin(
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
    content("title", hint);
    end();
  }

  void text(String style, double x, double y, String content) {
    content("text", content, "class", style, "x", number(x), "y", number(y));
  }

  /** A closed line around a point, by its path, that shows {@code hint} under the pointer. */
  void mark(String style, double x, double y, String path, String hint) {
    begin(
        "path",
        "class",
        style,
        "d",
        path,
        "transform",
        "translate(" + number(x) + " " + number(y) + ")");
    if (!hint.isEmpty()) {
      content("title", hint);
    }
    end();
  }

  /** Ends the picture. */
  String finish() {
    end();
    return text.toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
