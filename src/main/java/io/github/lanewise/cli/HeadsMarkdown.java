package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.format;

import io.github.lanewise.inspect.Depth;
import io.github.lanewise.inspect.HeadKind;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HeadScore;
import io.github.lanewise.inspect.HeadStatistics;
import java.io.PrintWriter;
import java.util.List;

/** All heads of a model over the annotated sentences, as a page of documentation. */
final class HeadsMarkdown {
  private final PrintWriter out;

  HeadsMarkdown(PrintWriter out) {
    this.out = out;
  }

  void write(String model, List<HeadProfile> heads, Depth depth) {
    out.println("# What the heads of " + model + " do");
    out.println();
    out.println(
        "Over Lanewise's annotated sentences. Layers and heads are counted from 0. A score is how"
            + " often the word that the head attends to most is the right one, in %; **bold** where"
            + " the head may be named for it: "
            + (int) Math.round(100 * HeadScore.MARGIN)
            + " points above the baseline, and beyond chance after correction for all heads and"
            + " patterns. A head's kind is its largest gain over the baseline.");
    scores(heads);
    statistics(heads);
    depth(depth);
  }

  private void scores(List<HeadProfile> heads) {
    HeadProfile first = heads.getFirst();
    StringBuilder title = new StringBuilder("| head | kind |");
    StringBuilder rule = new StringBuilder("| --- | --- |");
    StringBuilder items = new StringBuilder("| *asked* | |");
    StringBuilder baselines = new StringBuilder("| *baseline* | |");
    StringBuilder chances = new StringBuilder("| *chance* | |");
    for (HeadScore score : first.scores()) {
      boolean offset = score.kind() == HeadKind.POSITIONAL;
      title.append(' ').append(offset ? "best offset" : score.pattern()).append(" |");
      rule.append(" ---: |");
      items.append(' ').append(score.items()).append(" |");
      baselines.append(format(" %.0f |", 100 * score.baseline()));
      chances.append(format(" %.0f |", 100 * score.chance()));
    }
    out.println();
    out.println("## Kinds");
    out.println();
    List.of(title, rule, items, baselines, chances).forEach(out::println);
    for (HeadProfile head : heads) {
      StringBuilder row = new StringBuilder("| " + head.name() + " | " + head.kind().key() + " |");
      for (HeadScore score : head.scores()) {
        String bold = head.named().contains(score) ? "**" : "";
        String which =
            score.kind() == HeadKind.POSITIONAL ? " (" + score.pattern().substring(6) + ")" : "";
        row.append(format(" %s%.0f%s%s |", bold, 100 * score.accuracy(), bold, which));
      }
      out.println(row);
    }
  }

  private void statistics(List<HeadProfile> heads) {
    out.println();
    out.println("## Where they look");
    out.println();
    out.println(
        "Mean distance in tokens, mean entropy in nats and as a share of uniform attention's, and"
            + " mean weight in %.");
    out.println();
    out.println(
        "| head | distance | entropy | of uniform | previous | same | next | first | before text |"
            + " after text | punctuation | window of "
            + HeadStatistics.WINDOW
            + " |");
    out.println("| --- |" + " ---: |".repeat(11));
    for (HeadProfile head : heads) {
      HeadStatistics s = head.statistics();
      out.println(
          format(
              "| %s | %.2f | %.2f | %.0f %% | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f |",
              head.name(),
              s.distance(),
              s.entropy(),
              100 * s.entropy() / s.uniformEntropy(),
              100 * s.previous(),
              100 * s.same(),
              100 * s.next(),
              100 * s.first(),
              100 * s.addedBefore(),
              100 * s.addedAfter(),
              100 * s.punctuation(),
              100 * s.window()));
    }
  }

  private void depth(Depth depth) {
    out.println();
    out.println("## Depth");
    out.println();
    StringBuilder title =
        new StringBuilder("| layer | distance | entropy of uniform | delimiters |");
    for (HeadKind kind : HeadKind.values()) {
      title.append(' ').append(kind.key()).append(" |");
    }
    out.println(title);
    out.println("| --- |" + " ---: |".repeat(3 + HeadKind.values().length));
    for (int i = 0; i < depth.layers().size(); i++) {
      Depth.Layer layer = depth.layers().get(i);
      StringBuilder row = new StringBuilder();
      row.append(
          format(
              "| %d | %.2f | %.0f %% | %.0f %% |",
              i, layer.distance(), 100 * layer.entropyShare(), 100 * layer.delimiters()));
      for (HeadKind kind : HeadKind.values()) {
        row.append(' ').append(layer.kinds().getOrDefault(kind, 0)).append(" |");
      }
      out.println(row);
    }
    out.println();
    out.println(depth.sentence());
  }
}
