package io.github.lanewise.inspect;

import static io.github.lanewise.inspect.MapsPicture.Format.PNG;
import static io.github.lanewise.inspect.MapsPicture.Format.SVG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.inspect.MapsPicture.Subject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

class MapsPictureTest {
  private static final AttentionMaps MAPS =
      RandomMaps.self(
          3, 4, false, "a <b> & \u0001 \uD83D\uDC69", "a", "<b>", "&", "\u0001", "\uD83D\uDC69");

  @TempDir private Path folder;

  @Test
  void allHeadsHaveAnImageAndAKind() throws Exception {
    Document svg = svg(MAPS, RandomMaps.profiles(MAPS), Subject.allHeads());
    assertEquals(12, svg.getElementsByTagName("image").getLength());
    List<String> texts = texts(svg);
    assertEquals(2, texts.stream().filter("coreference"::equals).count());
    assertTrue(texts.contains("head 3") && texts.contains("layer 2"), texts::toString);
  }

  @Test
  void oneHeadIsSquaresOfTheRightColourBesideItsTokens() throws Exception {
    Document svg = svg(MAPS, List.of(), Subject.head(1, 2));
    List<String> texts = texts(svg);
    for (String token : List.of("[CLS]", "a", "<b>", "&", "U+0001", "\uD83D\uDC69", "[SEP]")) {
      assertEquals(2, texts.stream().filter(token::equals).count(), token);
    }
    NodeList rectangles = svg.getElementsByTagName("rect");
    int first = 2; // after the paper and the frame
    for (int q = 0; q < 7; q++) {
      for (int k = 0; k < 7; k++) {
        String colour = "#%06x".formatted(Palette.LIGHT.of(MAPS.weight(1, 2, q, k)));
        Element cell = (Element) rectangles.item(first + 7 * q + k);
        assertEquals(colour, cell.getAttribute("fill"));
      }
    }
  }

  @Test
  void aLargeMapIsAnImage() throws Exception {
    Document svg = svg(RandomMaps.self(1, 1, 80), List.of(), Subject.head(0, 0));
    assertEquals(1, svg.getElementsByTagName("image").getLength());
  }

  @Test
  void pngShowsTheSame() throws IOException {
    AttentionMaps cross = RandomMaps.cross(2, 3);
    BufferedImage all = png(cross, Subject.allHeads());
    assertTrue(all.getWidth() > 600 && all.getHeight() > 400, all::toString);
    BufferedImage one = png(cross, Subject.head(1, 2));
    int colour = Palette.LIGHT.of(cross.weight(1, 2, 4, 6));
    int found = 0;
    for (int y = 0; y < one.getHeight(); y++) {
      for (int x = 0; x < one.getWidth(); x++) {
        found += (one.getRGB(x, y) & 0xFFFFFF) == colour ? 1 : 0;
      }
    }
    assertTrue(found >= 52 * 52, found + " pixels of the last cell's colour");
  }

  private Document svg(AttentionMaps maps, List<HeadProfile> heads, Subject subject)
      throws IOException, ParserConfigurationException, SAXException {
    Path file = folder.resolve("maps.svg");
    new MapsPicture(SVG, subject).write(maps, heads, file);
    Document svg = DocumentBuilderFactory.newNSInstance().newDocumentBuilder().parse(file.toFile());
    assertEquals("svg", svg.getDocumentElement().getTagName());
    return svg;
  }

  private BufferedImage png(AttentionMaps maps, Subject subject) throws IOException {
    Path file = folder.resolve("maps.png");
    new MapsPicture(PNG, subject).write(maps, List.of(), file);
    BufferedImage image = ImageIO.read(file.toFile());
    assertNotNull(image);
    return image;
  }

  private static List<String> texts(Document svg) {
    NodeList texts = svg.getElementsByTagName("text");
    return IntStream.range(0, texts.getLength())
        .mapToObj(i -> texts.item(i).getTextContent())
        .toList();
  }
}
