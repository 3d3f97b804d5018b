package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.PackedWeights;
import io.github.lanewise.op.Rope;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * A transformer written down from the papers: loops over one sequence, no cache, no tiles, nothing
 * shared with the kernels. Computes in double; with {@link #inFloat} it rounds to f32 after each
 * operation, as a plain f32 program would.
 */
final class ReferenceTransformer {
  private final Weights weights;
  private final ModelConfig config;
  private final DoubleUnaryOperator round;
  private final List<double[]> rows = new ArrayList<>();

  private ReferenceTransformer(Weights weights, DoubleUnaryOperator round) {
    this.weights = weights;
    this.config = weights.config();
    this.round = round;
  }

  static ReferenceTransformer inDouble(Weights weights) {
    return new ReferenceTransformer(weights, x -> x);
  }

  static ReferenceTransformer inFloat(Weights weights) {
    return new ReferenceTransformer(weights, x -> (float) x);
  }

  /** Logits [tokens][vocabulary] of a decoder. */
  double[][] logits(int[] tokens) {
    double[][] hidden = hidden(tokens, new int[tokens.length]);
    double[][] table = tensor(config.tiedEmbeddings() ? "tokens" : "logits.weight");
    double[][] logits = product(hidden, table, null);
    for (double[] row : logits) {
      cap(row, config.scaling().logitSoftcap());
    }
    return logits;
  }

  /** Hidden states [tokens][dModel] after the last layer and the final norm, if there is one. */
  double[][] hidden(int[] tokens, int[] types) {
    double[][] x = embed(tokens, types);
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "layers." + layer + ".";
      switch (config.norm().placement()) {
        case PRE -> {
          x = sum(x, attention(norm(x, name + "attentionNorm"), layer));
          x = sum(x, feedForward(norm(x, name + "feedForwardNorm"), name));
        }
        case POST -> {
          x = norm(sum(x, attention(x, layer)), name + "attentionNorm");
          x = norm(sum(x, feedForward(x, name)), name + "feedForwardNorm");
        }
        case SANDWICH -> {
          double[][] attended = attention(norm(x, name + "attentionNorm"), layer);
          x = sum(x, norm(attended, name + "attentionNormAfter"));
          double[][] fed = feedForward(norm(x, name + "feedForwardNorm"), name);
          x = sum(x, norm(fed, name + "feedForwardNormAfter"));
        }
      }
    }
    return config.norm().placement() == ModelConfig.Placement.POST ? x : norm(x, "finalNorm");
  }

  /** Attention weights: row (layer * heads + head) * tokens + query, a key a column. */
  double[][] attentionWeights(int[] tokens, int[] types) {
    rows.clear();
    hidden(tokens, types);
    return rows.toArray(double[][]::new);
  }

  private double[][] embed(int[] tokens, int[] types) {
    double[][] table = tensor("tokens");
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = table[tokens[t]].clone();
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] = r(x[t][i] * (float) config.scaling().embedding());
        x[t][i] = r(x[t][i] + position(t, i));
        if (config.tokenTypes() > 0) {
          x[t][i] = r(x[t][i] + weights.matrix("tokenTypes").get(types[t], i));
        }
      }
    }
    return config.norm().embedding() ? norm(x, "embeddingNorm") : x;
  }

  private double position(int t, int i) {
    return switch (config.position()) {
      case Position.Learned learned -> weights.matrix("positions").get(t, i);
      case Position.Sinusoidal sinusoidal -> {
        double angle = t / Math.pow(10000, 2 * (i / 2) / (double) config.dModel());
        yield r(i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
      }
      default -> 0;
    };
  }

  private double[][] attention(double[][] x, int layer) {
    String name = "layers." + layer + ".";
    int dim = config.headDim();
    int queryWidth = config.heads() * dim;
    int keyWidth = config.kvHeads() * dim;
    double[][] qkv = linear(x, name + "qkv");
    double[][] q = headNorm(columns(qkv, 0, queryWidth), name + "queryNorm");
    double[][] k = headNorm(columns(qkv, queryWidth, keyWidth), name + "keyNorm");
    double[][] v = columns(qkv, queryWidth + keyWidth, keyWidth);
    q = rotate(q, layer);
    k = rotate(k, layer);
    double[][] out = new double[x.length][queryWidth];
    for (int h = 0; h < config.heads(); h++) {
      int kv = h / (config.heads() / config.kvHeads()) * dim;
      for (int i = 0; i < x.length; i++) {
        boolean local = config.attention().reach(layer) == AttentionConfig.Reach.LOCAL;
        int first = local ? Math.max(0, i - config.attention().window() + 1) : 0;
        int end = config.attention().causal() ? i + 1 : x.length;
        double[] p = new double[end - first];
        for (int j = first; j < end; j++) {
          double dot = 0;
          for (int c = 0; c < dim; c++) {
            dot = r(dot + r(q[i][h * dim + c] * k[j][kv + c]));
          }
          p[j - first] = r(dot * (float) config.attention().scale());
        }
        cap(p, config.attention().softcap());
        for (int j = first; j < end; j++) {
          p[j - first] = r(p[j - first] - r(alibiSlope(h) * Math.abs(i - j)));
          p[j - first] = r(p[j - first] + relativeBias(h, j - i));
        }
        softmax(p);
        double[] row = new double[x.length];
        System.arraycopy(p, 0, row, first, p.length);
        rows.add(row);
        for (int c = 0; c < dim; c++) {
          double total = 0;
          for (int j = first; j < end; j++) {
            total = r(total + r(row[j] * v[j][kv + c]));
          }
          out[i][h * dim + c] = total;
        }
      }
    }
    return linear(out, name + "output");
  }

  private void cap(double[] x, double cap) {
    for (int i = 0; cap != 0 && i < x.length; i++) {
      x[i] = r(cap * r(Math.tanh(r(x[i] / cap))));
    }
  }

  /** Head h of n = 2^m: 2^(-8(h + 1) / n); further heads take every other slope of 2n heads. */
  private double alibiSlope(int head) {
    if (!(config.position() instanceof Position.Alibi)) {
      return 0;
    }
    int n = Integer.highestOneBit(config.heads());
    double power = head < n ? -8.0 * (head + 1) / n : -4.0 * (2 * (head - n) + 1) / n;
    return (float) Math.pow(2, power);
  }

  private double relativeBias(int head, int distance) {
    return config.position() instanceof Position.Relative relative
        ? weights
            .matrix("relativeBias")
            .get(relative.bucket(distance, !config.attention().causal()), head)
        : 0;
  }

  private double[][] headNorm(double[][] x, String name) {
    if (!config.attention().queryKeyNorm()) {
      return x;
    }
    int dim = config.headDim();
    double[] gain = tensor(name + ".gain")[0];
    double[][] out = new double[x.length][x[0].length];
    for (int t = 0; t < x.length; t++) {
      for (int head = 0; head < x[t].length; head += dim) {
        double squares = 0;
        for (int i = head; i < head + dim; i++) {
          squares = r(squares + r(x[t][i] * x[t][i]));
        }
        double scale = r(1 / Math.sqrt(r(r(squares / dim) + (float) config.norm().epsilon())));
        for (int i = head; i < head + dim; i++) {
          out[t][i] = r(r(x[t][i] * scale) * gain[i - head]);
        }
      }
    }
    return out;
  }

  private void softmax(double[] p) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : p) {
      max = Math.max(max, value);
    }
    double total = 0;
    for (int j = 0; j < p.length; j++) {
      p[j] = r(Math.exp(r(p[j] - max)));
      total = r(total + p[j]);
    }
    for (int j = 0; j < p.length; j++) {
      p[j] = r(p[j] / total);
    }
  }

  private double[][] rotate(double[][] x, int layer) {
    if (!(config.position() instanceof Position.Rotary rotary)) {
      return x;
    }
    boolean local = config.attention().reach(layer) == AttentionConfig.Reach.LOCAL;
    ReferenceRope rope = new ReferenceRope(rotary, local, config.headDim());
    boolean halves = rotary.pairing() == Rope.Pairing.HALVES;
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      out[t] = x[t].clone();
      for (int head = 0; head < x[t].length; head += config.headDim()) {
        for (int i = 0; i < rope.dims() / 2; i++) {
          int a = head + (halves ? i : 2 * i);
          int b = head + (halves ? i + rope.dims() / 2 : 2 * i + 1);
          double cos = r(rope.magnitude() * Math.cos(t * rope.frequency(i)));
          double sin = r(rope.magnitude() * Math.sin(t * rope.frequency(i)));
          out[t][a] = r(r(x[t][a] * cos) - r(x[t][b] * sin));
          out[t][b] = r(r(x[t][b] * cos) + r(x[t][a] * sin));
        }
      }
    }
    return out;
  }

  private double[][] feedForward(double[][] x, String name) {
    double[][] up = linear(x, name + "up");
    double[][] hidden = up;
    if (config.activation().gated()) {
      double[][] gate = activate(columns(up, 0, config.feedForward()));
      hidden = columns(up, config.feedForward(), config.feedForward());
      for (int t = 0; t < x.length; t++) {
        for (int i = 0; i < hidden[t].length; i++) {
          hidden[t][i] = r(gate[t][i] * hidden[t][i]);
        }
      }
    } else {
      hidden = activate(up);
    }
    return linear(hidden, name + "down");
  }

  private double[][] activate(double[][] x) {
    double[][] out = new double[x.length][x[0].length];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        out[t][i] = r(activate(x[t][i]));
      }
    }
    return out;
  }

  private double activate(double x) {
    return switch (config.activation()) {
      case GELU, GEGLU -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
      case GELU_TANH, GEGLU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case SILU, SWIGLU -> x / (1 + Math.exp(-x));
      case RELU, REGLU -> Math.max(x, 0);
    };
  }

  /**
   * The error function as its integral, by Simpson's rule with error below 1e-13 for the x that
   * occur here.
   */
  private static double erf(double x) {
    double end = Math.min(Math.abs(x), 6.5);
    int steps = 2000;
    double total = 1 + Math.exp(-end * end);
    for (int i = 1; i < steps; i++) {
      double at = end * i / steps;
      total += (i % 2 == 1 ? 4 : 2) * Math.exp(-at * at);
    }
    return Math.signum(x) * 2 / Math.sqrt(Math.PI) * total * end / steps / 3;
  }

  private double[][] norm(double[][] x, String name) {
    boolean layer = config.norm().type() == ModelConfig.NormType.LAYER;
    double[][] gain = tensor(name + ".gain");
    double[][] shift = layer ? tensor(name + ".shift") : new double[1][config.dModel()];
    double[][] out = new double[x.length][config.dModel()];
    for (int t = 0; t < x.length; t++) {
      double mean = 0;
      for (int i = 0; layer && i < x[t].length; i++) {
        mean = r(mean + x[t][i]);
      }
      mean = r(mean / x[t].length);
      double squares = 0;
      for (double value : x[t]) {
        squares = r(squares + r(r(value - mean) * r(value - mean)));
      }
      double variance = r(squares / x[t].length);
      double scale = r(1 / Math.sqrt(r(variance + (float) config.norm().epsilon())));
      for (int i = 0; i < x[t].length; i++) {
        out[t][i] = r(r(r(r(x[t][i] - mean) * scale) * gain[0][i]) + shift[0][i]);
      }
    }
    return out;
  }

  private double[][] linear(double[][] x, String name) {
    boolean hasBias = weights.matrixOrNull(name + ".bias") != null;
    return product(x, tensor(name + ".weight"), hasBias ? tensor(name + ".bias")[0] : null);
  }

  private double[][] product(double[][] x, double[][] w, double[] bias) {
    double[][] out = new double[x.length][w.length];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < w.length; o++) {
        double total = 0;
        for (int i = 0; i < w[o].length; i++) {
          total = r(total + r(x[t][i] * w[o][i]));
        }
        out[t][o] = bias == null ? total : r(total + bias[o]);
      }
    }
    return out;
  }

  private double[][] sum(double[][] a, double[][] b) {
    double[][] out = new double[a.length][a[0].length];
    for (int t = 0; t < a.length; t++) {
      for (int i = 0; i < a[t].length; i++) {
        out[t][i] = r(a[t][i] + b[t][i]);
      }
    }
    return out;
  }

  private static double[][] columns(double[][] x, int from, int count) {
    double[][] out = new double[x.length][count];
    for (int t = 0; t < x.length; t++) {
      System.arraycopy(x[t], from, out[t], 0, count);
    }
    return out;
  }

  private double r(double value) {
    return round.applyAsDouble(value);
  }

  private double[][] tensor(String name) {
    Matrix plain = weights.matrixOrNull(name);
    try (Arena arena = Arena.ofConfined()) {
      if (plain == null) {
        PackedWeights packed = weights.linear(name);
        plain = Matrix.allocate(arena, packed.outFeatures(), packed.inFeatures());
        for (int row = 0; row < plain.rows(); row++) {
          packed.getRow(row, plain, row);
        }
      }
      double[][] values = new double[plain.rows()][plain.columns()];
      for (int row = 0; row < plain.rows(); row++) {
        for (int column = 0; column < plain.columns(); column++) {
          values[row][column] = plain.get(row, column);
        }
      }
      return values;
    }
  }
}
