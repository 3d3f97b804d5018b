package io.github.lanewise.inspect;

import io.github.lanewise.text.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Maps of made-up weights whose rows add up to 1. */
final class RandomMaps {
  private RandomMaps() {}

  /** Of a text that attends to itself, [CLS] and [SEP] around it. */
  static AttentionMaps self(int layers, int heads, boolean causal, String text, String... pieces) {
    List<Token> tokens = HandMade.tokens(text, pieces);
    float[][] weights = weights(layers, heads, tokens.size(), tokens.size(), causal);
    return new AttentionMaps("made-up", text, tokens, text, tokens, causal, heads, weights);
  }

  /** Of a text of {@code tokens} tokens. */
  static AttentionMaps self(int layers, int heads, int tokens) {
    String[] pieces = new String[tokens - 2];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = "w" + i;
    }
    return self(layers, heads, false, String.join(" ", pieces), pieces);
  }

  /** From one text to another. */
  static AttentionMaps cross(int layers, int heads) {
    String from = "le chat noir";
    String to = "the very black cat sleeps";
    List<Token> queries = HandMade.tokens(from, from.split(" "));
    List<Token> keys = HandMade.tokens(to, to.split(" "));
    float[][] weights = weights(layers, heads, queries.size(), keys.size(), false);
    return new AttentionMaps("made-up", from, queries, to, keys, false, heads, weights);
  }

  /** What is known of heads: each the next kind. */
  static List<HeadProfile> profiles(AttentionMaps maps) {
    List<HeadProfile> heads = new ArrayList<>();
    for (int i = 0; i < maps.layers() * maps.heads(); i++) {
      int layer = i / maps.heads();
      int head = i % maps.heads();
      HeadKind kind = HeadKind.values()[i % HeadKind.values().length];
      HeadScore score = new HeadScore(kind, "pattern" + i, 1000, 900, 0.5, 0.1, 1e-9);
      heads.add(
          new HeadProfile(
              layer,
              head,
              HeadStatistics.of(maps, layer, head),
              List.of(score),
              kind == HeadKind.MIXED ? List.of() : List.of(score)));
    }
    return heads;
  }

  private static float[][] weights(int layers, int heads, int queries, int keys, boolean causal) {
    Random random = new Random(Map.of("queries", queries, "keys", keys).hashCode());
    float[][] weights = new float[layers][heads * queries * keys];
    for (float[] layer : weights) {
      for (int row = 0; row < heads * queries; row++) {
        int visible = causal ? row % queries + 1 : keys;
        double sum = 0;
        double[] values = new double[visible];
        for (int k = 0; k < visible; k++) {
          values[k] = Math.exp(2 * random.nextGaussian());
          sum += values[k];
        }
        for (int k = 0; k < visible; k++) {
          layer[row * keys + k] = (float) (values[k] / sum);
        }
      }
    }
    return weights;
  }
}
