package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class PictureTest {
  private static final Limits LIMITS = Limits.of(Operation.GEMM, 118, 30);

  @Test
  void showsEveryShapeAndContender() throws Exception {
    Document svg =
        parse(
            Picture.of(
                List.of(
                    result("1024x1024x1024", 2.1e9, 12.6e6, "compute", 0.95),
                    result("1x4096x4096", 33.5e6, 67.1e6, "memory", 0.9)),
                LIMITS));
    assertEquals("svg", svg.getDocumentElement().getLocalName());
    String text = svg.getDocumentElement().getTextContent();
    for (String expected :
        List.of(
            "lanewise bench gemm, 1 thread",
            "1024x1024x1024",
            "1x4096x4096",
            "FMA peak 118.0 GFLOP/s",
            "read 30.0 GB/s",
            "95.0 %, 112.1 GFLOP/s (compute)",
            "90.0 %, 27.0 GB/s (memory)",
            "Other <BLAS> & \"co\"",
            "lanewise 2.00x",
            "prefers-color-scheme: dark")) {
      assertTrue(text.contains(expected), expected + " is missing in " + text);
    }
    assertEquals(2 * 2 + 2, svg.getElementsByTagName("path").getLength(), "points and legend");
  }

  @Test
  void everythingLiesInsideThePicture() throws Exception {
    Document svg =
        parse(
            Picture.of(
                List.of(
                    result("64x64x64", 5e5, 5e4, "compute", 1),
                    result("1x1x1", 2, 12, "compute", 1e-6),
                    result("9".repeat(90), 2e15, 12, "compute", 0.4)),
                LIMITS));
    String[] box = svg.getDocumentElement().getAttribute("viewBox").split(" ", -1);
    double width = Double.parseDouble(box[2]);
    double height = Double.parseDouble(box[3]);
    for (String kind : List.of("line", "rect", "text", "path")) {
      NodeList elements = svg.getElementsByTagName(kind);
      for (int i = 0; i < elements.getLength(); i++) {
        for (double[] point : points((Element) elements.item(i))) {
          assertTrue(point[0] >= 0 && point[0] <= width, kind + " at " + point[0]);
          assertTrue(point[1] >= 0 && point[1] <= height, kind + " at " + point[1]);
        }
      }
    }
  }

  private static List<double[]> points(Element element) {
    List<double[]> points = new ArrayList<>();
    if (element.hasAttribute("transform")) {
      String[] at = element.getAttribute("transform").replaceAll("[^-0-9. ]", "").split(" ", -1);
      points.add(new double[] {Double.parseDouble(at[0]), Double.parseDouble(at[1])});
    } else if (element.hasAttribute("x1")) {
      points.add(new double[] {number(element, "x1"), number(element, "y1")});
      points.add(new double[] {number(element, "x2"), number(element, "y2")});
    } else {
      points.add(new double[] {number(element, "x"), number(element, "y")});
    }
    return points;
  }

  private static double number(Element element, String attribute) {
    return Double.parseDouble(element.getAttribute(attribute));
  }

  private static Result result(
      String shape, double flops, double bytes, String limit, double share) {
    double bound = limit.equals("memory") ? bytes / 30 : flops / 118;
    double median = bound / share;
    return new Result(
        Operation.GEMM,
        shape,
        1,
        flops,
        bytes,
        bytes,
        limit,
        bound,
        "a kernel",
        new Rotation(1, (long) bytes, limit.equals("memory")),
        new Timing(median, median, 0, 5),
        List.of(
            new Result.PeerResult(
                "Other <BLAS> & \"co\"", "1", new Timing(2 * median, median, 0, 5), true)),
        List.of());
  }

  private static Document parse(String svg) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
  }
}
