package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the scripts of a page read. */
final class PageData {
  private static final int LEAST_LAYERS = 3; // for an early, a middle and a deep third

  /**
   * A statistic of heads.
   *
   * @param name as in the JSON
   * @param label for people
   * @param unit {@code share}, or what it is measured in
   */
  private record Statistic(
      String name, String label, String unit, ToDoubleFunction<HeadStatistics> value) {}

  private static final List<Statistic> STATISTICS =
      List.of(
          new Statistic("distance", "mean distance", "tokens", HeadStatistics::distance),
          new Statistic("entropy", "entropy", "nats", HeadStatistics::entropy),
          new Statistic(
              "uniformEntropy", "entropy if uniform", "nats", HeadStatistics::uniformEntropy),
          new Statistic("previous", "on the token before", "share", HeadStatistics::previous),
          new Statistic("same", "on itself", "share", HeadStatistics::same),
          new Statistic("next", "on the token after", "share", HeadStatistics::next),
          new Statistic("first", "on the first token", "share", HeadStatistics::first),
          new Statistic("window", "at most 2 tokens away", "share", HeadStatistics::window),
          new Statistic(
              "addedBefore", "added before the text", "share", HeadStatistics::addedBefore),
          new Statistic("addedAfter", "added after the text", "share", HeadStatistics::addedAfter),
          new Statistic("punctuation", "on punctuation", "share", HeadStatistics::punctuation),
          new Statistic(
              "delimiters", "on delimiters, all three", "share", HeadStatistics::delimiters),
          new Statistic(
              "delimiterTokens",
              "delimiters if uniform",
              "share",
              HeadStatistics::delimiterTokens));

  private PageData() {}

  /**
   * The data of a page.
   *
   * <p>What is not known is left out: keys, if they are the queries; statistics, of maps from one
   * text to another; profiles, without a study.
   *
   * @param heads what is known of each head, layer after layer; empty if no study was made
   */
  static Map<String, Object> of(AttentionMaps maps, List<HeadProfile> heads) {
    List<HeadStatistics> statistics = maps.isSelf() ? statistics(maps) : List.of();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("model", maps.model());
    data.put("layers", maps.layers());
    data.put("heads", maps.heads());
    data.put("causal", maps.causal());
    data.put("self", maps.isSelf());
    data.put("queryText", maps.queryText());
    data.put("queries", tokens(maps.queries(), maps.queryText()));
    data.put("keyText", maps.keyText());
    if (!maps.isSelf()) {
      data.put("keys", tokens(maps.keys(), maps.keyText()));
    }
    data.put("statisticNames", names());
    if (maps.isSelf()) {
      data.put("statistics", values(statistics));
    }
    if (!heads.isEmpty()) {
      data.put("profiles", heads.stream().map(PageData::profile).toList());
    }
    if (!heads.isEmpty() || maps.isSelf()) {
      data.put("depth", depth(heads, statistics, maps.layers()));
    }
    data.put("palettes", Map.of("light", Palette.LIGHT.hex(), "dark", Palette.DARK.hex()));
    data.put("scale", PageWeights.SCALE);
    data.put("weights", weights(maps));
    return data;
  }

  private static List<Map<String, Object>> tokens(List<Token> tokens, String text) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Token token : tokens) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("text", TokenLabels.of(token, text));
      json.put("entry", token.text());
      json.put("added", token.added());
      list.add(json);
    }
    return list;
  }

  private static List<HeadStatistics> statistics(AttentionMaps maps) {
    List<HeadStatistics> all = new ArrayList<>();
    for (int layer = 0; layer < maps.layers(); layer++) {
      for (int head = 0; head < maps.heads(); head++) {
        all.add(HeadStatistics.of(maps, layer, head));
      }
    }
    return all;
  }

  private static List<List<String>> names() {
    return STATISTICS.stream().map(s -> List.of(s.name(), s.label(), s.unit())).toList();
  }

  private static List<List<Double>> values(List<HeadStatistics> statistics) {
    return statistics.stream().map(PageData::values).toList();
  }

  private static List<Double> values(HeadStatistics of) {
    return STATISTICS.stream().map(s -> s.value().applyAsDouble(of)).toList();
  }

  private static Map<String, Object> profile(HeadProfile head) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", head.kind().key());
    json.put("named", head.named().stream().map(PageData::score).toList());
    json.put("statistics", values(head.statistics()));
    return json;
  }

  private static Map<String, Object> score(HeadScore score) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pattern", score.pattern());
    json.put("accuracy", score.accuracy());
    json.put("baseline", score.baseline());
    json.put("chance", score.chance());
    return json;
  }

  /** Of the study if there was one, else of this text. */
  private static Map<String, Object> depth(
      List<HeadProfile> heads, List<HeadStatistics> ofText, int layers) {
    List<HeadStatistics> all =
        heads.isEmpty() ? ofText : heads.stream().map(HeadProfile::statistics).toList();
    List<String> sentences = List.of();
    if (!heads.isEmpty() && layers >= LEAST_LAYERS) {
      Depth depth = Depth.of(heads);
      sentences = List.of(depth.distance().sentence(), depth.entropy().sentence());
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("sentences", sentences);
    json.put("distance", all.stream().map(HeadStatistics::distance).toList());
    json.put("entropy", all.stream().map(PageData::entropyShare).toList());
    json.put("delimiters", all.stream().map(HeadStatistics::delimiters).toList());
    return json;
  }

  private static double entropyShare(HeadStatistics of) {
    return of.uniformEntropy() == 0 ? 0 : of.entropy() / of.uniformEntropy();
  }

  private static List<String> weights(AttentionMaps maps) {
    List<String> all = new ArrayList<>();
    for (int layer = 0; layer < maps.layers(); layer++) {
      for (int head = 0; head < maps.heads(); head++) {
        all.add(PageWeights.of(maps, layer, head));
      }
    }
    return all;
  }
}
