package io.github.lanewise.cli;

import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HtmlPage;
import io.github.lanewise.inspect.MapsPicture;
import io.github.lanewise.inspect.Report;
import io.github.lanewise.model.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The files that {@code inspect} writes for people; to be used as a {@link Mixin}. */
final class InspectFiles {
  private static final Pattern HEAD = Pattern.compile("(\\d{1,5})[.:](\\d{1,5})");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write a page (HTML, one file) to look at in a browser.")
  private @Nullable String page;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Write a picture of all heads, as SVG.")
  private @Nullable String svg;

  @Option(names = "--png", paramLabel = "FILE", description = "The same as PNG.")
  private @Nullable String png;

  @Option(
      names = "--head",
      paramLabel = "L:H",
      description = "The pictures show head H of layer L, large; both are counted from 0.")
  private @Nullable String head;

  private final Map<Path, Report> reports = new LinkedHashMap<>();

  /** Made by picocli. */
  InspectFiles() {}

  /** Whether there is anything to write; it takes a text. */
  boolean areWanted() {
    return page != null || svg != null || png != null;
  }

  /** To be called before anything takes time. */
  void check(CommonOptions common, ModelConfig model) {
    if (head != null && svg == null && png == null) {
      throw common.wrongUsage("--head goes with --svg or --png");
    }
    MapsPicture.Subject subject = subject(common, model);
    add(PictureFile.check(common, "--out", page), new HtmlPage());
    add(PictureFile.check(common, "--svg", svg), new MapsPicture(MapsPicture.Format.SVG, subject));
    add(PictureFile.check(common, "--png", png), new MapsPicture(MapsPicture.Format.PNG, subject));
  }

  private void add(@Nullable Path file, Report report) {
    if (file != null) {
      reports.put(file, report);
    }
  }

  private MapsPicture.Subject subject(CommonOptions common, ModelConfig model) {
    if (head == null) {
      return MapsPicture.Subject.allHeads();
    }
    Matcher numbers = HEAD.matcher(head);
    if (numbers.matches()) {
      int layer = Integer.parseInt(numbers.group(1));
      int inLayer = Integer.parseInt(numbers.group(2));
      if (layer < model.layers() && inLayer < model.heads()) {
        return MapsPicture.Subject.head(layer, inLayer);
      }
    }
    throw common.wrongUsage(
        "--head is %s, must be 0:0 to %d:%d"
            .formatted(head, model.layers() - 1, model.heads() - 1));
  }

  /**
   * Writes what is wanted.
   *
   * @param heads what is known of each head; empty if no study was made
   */
  void write(CommonOptions common, AttentionMaps maps, List<HeadProfile> heads) {
    reports.forEach(
        (file, report) -> {
          try {
            report.write(maps, heads, file);
            common.text().println();
            common.text().println("wrote " + file + ", " + Figures.bytes(Files.size(file)));
          } catch (IOException failed) {
            throw new UncheckedIOException(
                "cannot write " + file + ": " + failed.getMessage(), failed);
          }
        });
  }
}
