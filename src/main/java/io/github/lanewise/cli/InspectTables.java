package io.github.lanewise.cli;

import static io.github.lanewise.cli.Figures.counted;
import static io.github.lanewise.cli.Figures.format;
import static io.github.lanewise.cli.Figures.percent;

import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.inspect.Depth;
import io.github.lanewise.inspect.HeadKind;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HeadScore;
import io.github.lanewise.inspect.HeadStatistics;
import io.github.lanewise.inspect.Word;
import io.github.lanewise.inspect.WordMaps;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What {@code inspect} finds, for people. Layers and heads are counted from 0. */
final class InspectTables {
  private static final int MOST_WORDS = 4;

  private final PrintWriter out;

  InspectTables(PrintWriter out) {
    this.out = out;
  }

  void text(AttentionMaps maps) {
    out.println(
        format(
            "%s: %s x %s, %s",
            maps.model(),
            counted(maps.layers(), "layer"),
            counted(maps.heads(), "head"),
            counted(maps.queries().size(), "token")));
    out.println();
    out.println(
        format(
            "%-6s %9s %9s %9s %9s %9s %10s   %s",
            "layer",
            "distance",
            "entropy",
            "previous",
            "next",
            "first",
            "delimiters",
            "of this text"));
    for (int layer = 0; layer < maps.layers(); layer++) {
      double[] sums = new double[6];
      for (int head = 0; head < maps.heads(); head++) {
        HeadStatistics s = HeadStatistics.of(maps, layer, head);
        double[] values = {
          s.distance(), s.entropy(), s.previous(), s.next(), s.first(), s.delimiters()
        };
        for (int i = 0; i < sums.length; i++) {
          sums[i] += values[i] / maps.heads();
        }
      }
      out.println(
          format(
              "%-6d %9.2f %9.2f %9s %9s %9s %10s",
              layer,
              sums[0],
              sums[1],
              percent(sums[2]),
              percent(sums[3]),
              percent(sums[4]),
              percent(sums[5])));
    }
  }

  /** The token of one text that each token of another gives most to, in each layer. */
  void across(AttentionMaps maps) {
    out.println(
        format(
            "%s: %d layers x %d heads, %d tokens to %d; most attended, mean of a layer's heads",
            maps.model(), maps.layers(), maps.heads(), maps.queries().size(), maps.keys().size()));
    out.println();
    for (int query = 0; query < maps.queries().size(); query++) {
      StringBuilder line = new StringBuilder();
      for (int layer = 0; layer < maps.layers(); layer++) {
        double[] means = new double[maps.keys().size()];
        int most = 0;
        for (int key = 0; key < means.length; key++) {
          for (int head = 0; head < maps.heads(); head++) {
            means[key] += maps.weight(layer, head, query, key) / maps.heads();
          }
          most = means[key] > means[most] ? key : most;
        }
        line.append(format("  %s %.2f", maps.keys().get(most).text(), means[most]));
      }
      out.println(format("%-14s%s", maps.queries().get(query).text(), line));
    }
  }

  /** Which heads look from a word to which word most, and how much; the surest first. */
  void focus(AttentionMaps maps, int word) {
    WordMaps words = WordMaps.of(maps);
    record Look(String head, double weight) {}
    List<List<Look>> looks = new ArrayList<>();
    words.words().forEach(w -> looks.add(new ArrayList<>()));
    for (int layer = 0; layer < maps.layers(); layer++) {
      for (int head = 0; head < maps.heads(); head++) {
        double[] row = words.map(layer, head)[word];
        int most = words.mostAttended(row, word);
        if (most >= 0) {
          looks.get(most).add(new Look(layer + "." + head, row[most]));
        }
      }
    }
    out.println();
    out.println(
        "Heads (layer.head) that look from \""
            + words.words().get(word).text()
            + "\" most to each other word, with the weight:");
    for (int to = 0; to < looks.size(); to++) {
      List<Look> ofWord = looks.get(to);
      ofWord.sort(Comparator.comparingDouble(Look::weight).reversed());
      if (!ofWord.isEmpty()) {
        StringBuilder line = new StringBuilder();
        ofWord.stream()
            .limit(2 * MOST_WORDS)
            .forEach(look -> line.append(format("  %s %.2f", look.head(), look.weight())));
        int more = ofWord.size() - 2 * MOST_WORDS;
        line.append(more > 0 ? "  and " + more + " more" : "");
        out.println(format("  %-14s%s", words.words().get(to).text(), line));
      }
    }
  }

  /** The strongest head of each kind. */
  void heads(List<HeadProfile> heads) {
    out.println();
    out.println(
        format(
            "%-12s %-6s %-10s %9s %9s %7s   %s",
            "kind", "head", "pattern", "accuracy", "baseline", "chance", "heads of this kind"));
    for (HeadKind kind : HeadKind.values()) {
      long count = heads.stream().filter(head -> head.kind() == kind).count();
      HeadProfile best = null;
      HeadScore score = null;
      for (HeadProfile head : heads) {
        for (HeadScore named : head.named()) {
          if (named.kind() == kind && (score == null || named.gain() > score.gain())) {
            best = head;
            score = named;
          }
        }
      }
      if (best == null || score == null) {
        out.println(
            format("%-12s %-6s %-10s %9s %9s %7s   %d", kind.key(), "-", "", "", "", "", count));
      } else {
        out.println(
            format(
                "%-12s %-6s %-10s %9s %9s %7s   %d",
                kind.key(),
                best.name(),
                score.pattern(),
                percent(score.accuracy()),
                percent(score.baseline()),
                percent(score.chance()),
                count));
      }
    }
  }

  void depth(Depth depth) {
    out.println();
    out.println(depth.distance().sentence());
    out.println(depth.entropy().sentence());
  }

  /** Where a word that was read, or its n-th occurrence "word#n", stands; -1 if nowhere. */
  static int find(AttentionMaps maps, String name) {
    WordMaps read = WordMaps.of(maps);
    List<Word> words = read.words();
    int mark = name.lastIndexOf('#');
    boolean numbered = mark > 0 && name.substring(mark + 1).matches("[1-9][0-9]{0,3}");
    String wanted = (numbered ? name.substring(0, mark) : name).toLowerCase(Locale.ROOT);
    int left = numbered ? Integer.parseInt(name.substring(mark + 1)) : 1;
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).text().toLowerCase(Locale.ROOT).equals(wanted) && --left == 0) {
        return read.isRead(i) ? i : -1;
      }
    }
    return -1;
  }
}
