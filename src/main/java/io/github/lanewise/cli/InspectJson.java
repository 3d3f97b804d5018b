package io.github.lanewise.cli;

import io.github.lanewise.format.JsonLine;
import io.github.lanewise.inspect.AttentionMaps;
import io.github.lanewise.inspect.Depth;
import io.github.lanewise.inspect.HeadProfile;
import io.github.lanewise.inspect.HeadScore;
import io.github.lanewise.inspect.HeadStatistics;
import io.github.lanewise.text.Token;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code inspect} finds, a JSON object a line. Each says in {@code record} what it is: {@code
 * text}, then a {@code map} a layer and head; {@code head}s over the annotated sentences, and
 * {@code depth}.
 */
final class InspectJson {
  private final PrintWriter out;

  InspectJson(PrintWriter out) {
    this.out = out;
  }

  void maps(AttentionMaps maps) {
    Map<String, Object> text = record("text");
    text.put("model", maps.model());
    text.put("layers", maps.layers());
    text.put("heads", maps.heads());
    text.put("causal", maps.causal());
    text.put("queryText", maps.queryText());
    text.put("queries", tokens(maps.queries()));
    text.put("keyText", maps.keyText());
    text.put("keys", tokens(maps.keys()));
    out.println(JsonLine.of(text));
    for (int layer = 0; layer < maps.layers(); layer++) {
      for (int head = 0; head < maps.heads(); head++) {
        Map<String, Object> map = record("map");
        map.put("layer", layer);
        map.put("head", head);
        if (maps.isSelf()) {
          map.put("statistics", statistics(HeadStatistics.of(maps, layer, head)));
        }
        map.put("weights", weights(maps, layer, head));
        out.println(JsonLine.of(map));
      }
    }
  }

  void heads(List<HeadProfile> heads) {
    for (HeadProfile head : heads) {
      Map<String, Object> line = record("head");
      line.put("layer", head.layer());
      line.put("head", head.head());
      line.put("kind", head.kind().key());
      line.put("named", head.named().stream().map(HeadScore::pattern).toList());
      line.put("statistics", statistics(head.statistics()));
      line.put("scores", head.scores().stream().map(InspectJson::score).toList());
      out.println(JsonLine.of(line));
    }
  }

  void depth(Depth depth) {
    Map<String, Object> line = record("depth");
    List<Map<String, Object>> layers = new ArrayList<>();
    for (Depth.Layer layer : depth.layers()) {
      Map<String, Object> means = new LinkedHashMap<>();
      means.put("distance", layer.distance());
      means.put("entropyShare", layer.entropyShare());
      means.put("delimiters", layer.delimiters());
      Map<String, Object> kinds = new LinkedHashMap<>();
      layer.kinds().forEach((kind, count) -> kinds.put(kind.key(), count));
      means.put("kinds", kinds);
      layers.add(means);
    }
    line.put("layers", layers);
    line.put("distance", trend(depth.distance()));
    line.put("entropyShare", trend(depth.entropy()));
    line.put("sentence", depth.sentence());
    out.println(JsonLine.of(line));
  }

  private static Map<String, Object> record(String name) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("record", name);
    return line;
  }

  private static Map<String, Object> trend(Depth.Trend trend) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("earlyMiddleDeep", trend.means());
    json.put("kruskalWallisP", trend.thirds().pValue());
    json.put("spearman", trend.order().rho());
    json.put("spearmanP", trend.order().pValue());
    return json;
  }

  private static List<Map<String, Object>> tokens(List<Token> tokens) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Token token : tokens) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("text", token.text());
      json.put("id", token.id());
      json.put("begin", token.begin());
      json.put("end", token.end());
      list.add(json);
    }
    return list;
  }

  private static List<List<Float>> weights(AttentionMaps maps, int layer, int head) {
    List<List<Float>> rows = new ArrayList<>();
    for (int query = 0; query < maps.queries().size(); query++) {
      List<Float> row = new ArrayList<>();
      for (int key = 0; key < maps.keys().size(); key++) {
        row.add(maps.weight(layer, head, query, key));
      }
      rows.add(row);
    }
    return rows;
  }

  private static Map<String, Object> score(HeadScore score) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", score.kind().key());
    json.put("pattern", score.pattern());
    json.put("items", score.items());
    json.put("hits", score.hits());
    json.put("accuracy", score.accuracy());
    json.put("baseline", score.baseline());
    json.put("chance", score.chance());
    json.put("pValue", score.pValue());
    return json;
  }

  private static Map<String, Object> statistics(HeadStatistics s) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("queries", s.queries());
    json.put("distance", s.distance());
    json.put("entropy", s.entropy());
    json.put("uniformEntropy", s.uniformEntropy());
    json.put("previous", s.previous());
    json.put("same", s.same());
    json.put("next", s.next());
    json.put("first", s.first());
    json.put("addedBefore", s.addedBefore());
    json.put("addedAfter", s.addedAfter());
    json.put("punctuation", s.punctuation());
    json.put("delimiters", s.delimiters());
    json.put("delimiterTokens", s.delimiterTokens());
    json.put("window", s.window());
    return json;
  }
}
