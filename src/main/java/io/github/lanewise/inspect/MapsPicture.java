package io.github.lanewise.inspect;

import static io.github.lanewise.inspect.Surface.Anchor.END;
import static io.github.lanewise.inspect.Surface.Anchor.MIDDLE;
import static io.github.lanewise.inspect.Surface.Anchor.START;

import io.github.lanewise.text.Token;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;

/** A still picture of maps, for a paper: all heads, or one with its tokens. On white. */
public final class MapsPicture implements Report {
  private static final int WHITE = 0xFFFFFF;
  private static final int INK = 0x1C1F24;
  private static final int GREY = 0x5B626D;
  private static final double[] TICKS = {0, 0.01, 0.1, 0.25, 0.5, 1};

  private static final double SMALL = 72; // side of a small map
  private static final double GAP = 12;
  private static final double LINE = 11; // height of small text
  private static final double LEGEND = 40;

  private static final double CELL = 18; // of a large map
  private static final double LEAST_CELL = 6; // with a token beside it
  private static final double LARGEST = 1024;
  private static final int MOST_CELLS = 4096; // as forms of their own; more become an image

  /** How the picture is written. */
  public enum Format {
    /** Scalable; large maps of up to 64 tokens are forms, others are images in it. */
    SVG,
    /** Pixels, three a unit. */
    PNG
  }

  /**
   * What it shows.
   *
   * @param layer of the one head, counted from 0; -1 for all heads
   * @param head in its layer, counted from 0; -1 for all heads
   */
  public record Subject(int layer, int head) {
    /** Small maps of all heads. */
    public static Subject allHeads() {
      return new Subject(-1, -1);
    }

    /** One head, large. */
    public static Subject head(int layer, int head) {
      return new Subject(layer, head);
    }

    boolean isAll() {
      return layer < 0;
    }
  }

  private final Format format;
  private final Subject subject;

  /** A picture. */
  public MapsPicture(Format format, Subject subject) {
    this.format = format;
    this.subject = subject;
  }

  @Override
  public void write(AttentionMaps maps, List<HeadProfile> heads, Path file) throws IOException {
    Surface drawn = subject.isAll() ? drawAll(maps, heads) : drawOne(maps);
    drawn.write(file);
  }

  private Surface surface(AttentionMaps maps, double width, double height) {
    String title = "Attention of " + maps.model() + ": " + maps.queryText();
    Surface surface =
        format == Format.SVG
            ? new SvgSurface(width, height, title)
            : new RasterSurface(width, height);
    surface.rectangle(0, 0, width, height, WHITE);
    return surface;
  }

  private Surface drawAll(AttentionMaps maps, List<HeadProfile> heads) {
    double left = 64;
    double top = 28;
    double below = heads.isEmpty() ? GAP : GAP + LINE;
    double width = left + maps.heads() * (SMALL + GAP);
    double height = top + maps.layers() * (SMALL + below) + LEGEND;
    Surface surface = surface(maps, Math.max(width, 320), height);
    for (int head = 0; head < maps.heads(); head++) {
      double x = left + head * (SMALL + GAP);
      surface.text(x + SMALL / 2, top - 8, LINE, MIDDLE, GREY, "head " + head);
    }
    for (int layer = 0; layer < maps.layers(); layer++) {
      double y = top + layer * (SMALL + below);
      surface.text(left - 8, y + SMALL / 2, LINE, END, GREY, "layer " + layer);
      for (int head = 0; head < maps.heads(); head++) {
        double x = left + head * (SMALL + GAP);
        drawSmall(surface, maps, layer, head, x, y);
        if (!heads.isEmpty()) {
          String kind = heads.get(layer * maps.heads() + head).kind().key();
          surface.text(x + SMALL / 2, y + SMALL + LINE, LINE - 1, MIDDLE, INK, kind);
        }
      }
    }
    drawLegend(surface, left, height - LEGEND);
    return surface;
  }

  /** The longer side as long as a small map is wide. */
  private static void drawSmall(
      Surface surface, AttentionMaps maps, int layer, int head, double x, double y) {
    int rows = maps.queries().size();
    int columns = maps.keys().size();
    double cell = SMALL / Math.max(rows, columns);
    double width = cell * columns;
    double height = cell * rows;
    surface.rectangle(x - 0.5, y - 0.5, width + 1, height + 1, 0xD9DCE1);
    surface.image(x, y, width, height, image(maps, layer, head));
  }

  private Surface drawOne(AttentionMaps maps) {
    int rows = maps.queries().size();
    int columns = maps.keys().size();
    double cell = Math.min(CELL, LARGEST / Math.max(rows, columns));
    boolean labels = cell >= LEAST_CELL;
    double size = Math.min(12, cell * 0.9);
    double left = labels ? 14 + widest(maps.queries(), maps.queryText(), size) : 10;
    double top = labels ? 14 + widest(maps.keys(), maps.keyText(), size) : 10;
    double height = top + rows * cell + 12 + LEGEND;
    Surface surface = surface(maps, Math.max(left + columns * cell + 10, 320), height);
    if (labels) {
      IntFunction<String> query = q -> TokenLabels.of(maps.queries().get(q), maps.queryText());
      IntFunction<String> key = k -> TokenLabels.of(maps.keys().get(k), maps.keyText());
      for (int q = 0; q < rows; q++) {
        double y = top + (q + 0.5) * cell + size * 0.35;
        surface.text(left - 5, y, size, END, INK, query.apply(q));
      }
      for (int k = 0; k < columns; k++) {
        double x = left + (k + 0.5) * cell + size * 0.35;
        surface.textUpwards(x, top - 5, size, INK, key.apply(k));
      }
    }
    surface.rectangle(left - 1, top - 1, columns * cell + 2, rows * cell + 2, 0xD9DCE1);
    drawLarge(surface, maps, left, top, cell);
    drawLegend(surface, Math.min(left, 40), height - LEGEND);
    return surface;
  }

  private void drawLarge(Surface surface, AttentionMaps maps, double x, double y, double cell) {
    int rows = maps.queries().size();
    int columns = maps.keys().size();
    BufferedImage image = image(maps, subject.layer(), subject.head());
    if (rows * columns > MOST_CELLS) {
      surface.image(x, y, columns * cell, rows * cell, image);
      return;
    }
    for (int q = 0; q < rows; q++) {
      for (int k = 0; k < columns; k++) {
        int colour = image.getRGB(k, q) & WHITE;
        surface.rectangle(x + k * cell, y + q * cell, cell, cell, colour);
      }
    }
  }

  private static double widest(List<Token> tokens, String text, double size) {
    return tokens.stream()
        .mapToDouble(token -> Surface.width(TokenLabels.of(token, text), size))
        .max()
        .orElse(0);
  }

  /** A pixel a weight; white where a query does not see a key. */
  private static BufferedImage image(AttentionMaps maps, int layer, int head) {
    int rows = maps.queries().size();
    int columns = maps.keys().size();
    BufferedImage image = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
    for (int q = 0; q < rows; q++) {
      for (int k = 0; k < columns; k++) {
        boolean visible = k < maps.visible(q);
        image.setRGB(k, q, visible ? Palette.LIGHT.of(maps.weight(layer, head, q, k)) : WHITE);
      }
    }
    return image;
  }

  private static void drawLegend(Surface surface, double x, double y) {
    double width = 240;
    for (int i = 0; i < Palette.SIZE; i++) {
      double share = i / (Palette.SIZE - 1.0);
      double left = x + width * i / Palette.SIZE;
      surface.rectangle(
          left, y + 4, width / Palette.SIZE + 0.3, 8, Palette.LIGHT.of(share * share));
    }
    for (double tick : TICKS) {
      String text = tick == (long) tick ? Long.toString((long) tick) : Double.toString(tick);
      surface.text(x + width * Math.sqrt(tick), y + 24, LINE - 1, MIDDLE, GREY, text);
    }
    surface.text(x + width + 12, y + 12, LINE - 1, START, GREY, "weight");
  }
}
