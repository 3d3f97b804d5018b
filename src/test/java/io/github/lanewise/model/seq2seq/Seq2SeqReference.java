package io.github.lanewise.model.seq2seq;

import io.github.lanewise.model.AttentionConfig;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.ModelConfig.NormType;
import io.github.lanewise.model.ModelConfig.Placement;
import io.github.lanewise.model.Position;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Rope;
import io.github.lanewise.testing.PlainMath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An encoder-decoder written down from the papers (Vaswani et al. 2017, Raffel et al. 2020, Radford
 * et al. 2022): the whole target at once, no cache, nothing kept, nothing shared with the library.
 */
final class Seq2SeqReference {
  private final Seq2SeqWeights all;
  private final PlainMath math;
  private final List<double[]> rows = new ArrayList<>();

  Seq2SeqReference(Seq2SeqWeights all, PlainMath math) {
    this.all = all;
    this.math = math;
  }

  /** The encoder's states of tokens, [tokens][dModel]. */
  double[][] encode(int[] tokens) {
    return encode(embed(tokens, all.encoder()));
  }

  /** The encoder's states of features without positions. */
  double[][] encode(double[][] features) {
    return new Stack(all.encoder()).run(features, new double[0][]);
  }

  /** Logits [target][vocabulary] of what follows each token. */
  double[][] logits(double[][] states, int[] target) {
    ModelConfig config = all.decoder().config();
    double[][] x = new Stack(all.decoder()).run(embed(target, all.decoder()), states);
    x = math.map(x, value -> value * (float) config.scaling().logits());
    return math.linear(x, table(), new double[0]);
  }

  private double[][] table() {
    return PlainMath.of(all.decoder().linear("tokens"));
  }

  private double[][] embed(int[] tokens, Weights weights) {
    double[][] table = table();
    double[][] x = new double[tokens.length][];
    Arrays.setAll(x, t -> table[tokens[t]]);
    return math.map(x, value -> value * (float) weights.config().scaling().embedding());
  }

  /**
   * The attention weights so far: rows of layer by layer (self, then across), head by head, query
   * by query.
   */
  List<double[]> rows() {
    return rows;
  }

  /** The layers of one of the two. */
  private final class Stack {
    private final Weights weights;
    private final ModelConfig config;

    Stack(Weights weights) {
      this.weights = weights;
      config = weights.config();
    }

    double[][] run(double[][] vectors, double[][] states) {
      double[][] x = new double[vectors.length][config.dModel()];
      for (int t = 0; t < x.length; t++) {
        for (int i = 0; i < x[t].length; i++) {
          x[t][i] = math.r(vectors[t][i] + place(t, i));
        }
      }
      for (int layer = 0; layer < config.layers(); layer++) {
        String name = "layers." + layer + ".";
        x = branch(x, name + "attentionNorm", y -> attendSelf(y, name));
        if (config.attention().cross()) {
          x = branch(x, name + "crossNorm", y -> attendAcross(y, states, name));
        }
        x = branch(x, name + "feedForwardNorm", y -> feedForward(y, name));
      }
      return config.norm().placement() == Placement.PRE ? norm(x, "finalNorm") : x;
    }

    private interface Branch {
      double[][] of(double[][] x);
    }

    private double[][] branch(double[][] x, String norm, Branch branch) {
      return config.norm().placement() == Placement.PRE
          ? math.sum(x, branch.of(norm(x, norm)))
          : norm(math.sum(x, branch.of(x)), norm);
    }

    private double place(int t, int i) {
      int half = config.dModel() / 2;
      return switch (config.position()) {
        case Position.Learned learned -> weights.matrix("positions").get(t, i);
        case Position.Sinusoidal s when s.pairing() == Rope.Pairing.HALVES -> {
          // Whisper: timescales from 1 to 10000, all sines, then all cosines.
          double angle = t * Math.exp(-Math.log(10000) / (half - 1) * (i % half));
          yield (float) (i < half ? Math.sin(angle) : Math.cos(angle));
        }
        case Position.Sinusoidal s -> {
          double angle = t / Math.pow(10000, 2 * (i / 2) / (double) config.dModel());
          yield (float) (i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
        }
        default -> 0;
      };
    }

    private double[][] attendSelf(double[][] x, String name) {
      double[][] qkv = linear(x, name + "qkv", config.bias().qkv());
      int kv = config.keyWidth();
      double[][] out =
          attention(
              PlainMath.columns(qkv, 0, config.queryWidth()),
              PlainMath.columns(qkv, config.queryWidth(), kv),
              PlainMath.columns(qkv, config.queryWidth() + kv, kv),
              true);
      return linear(out, name + "output", config.bias().output());
    }

    private double[][] attendAcross(double[][] x, double[][] states, String name) {
      double[][] both = linear(states, name + "crossKeyValue", config.bias().qkv());
      double[][] out =
          attention(
              linear(x, name + "crossQuery", config.bias().qkv()),
              PlainMath.columns(both, 0, config.keyWidth()),
              PlainMath.columns(both, config.keyWidth(), config.keyWidth()),
              false);
      return linear(out, name + "crossOutput", config.bias().output());
    }

    private double[][] attention(double[][] q, double[][] k, double[][] v, boolean self) {
      int dim = config.headDim();
      boolean causal = self && config.attention().mask() == AttentionConfig.Mask.CAUSAL;
      double[][] out = new double[q.length][q[0].length];
      for (int head = 0; head < config.heads(); head++) {
        int kv = head / (config.heads() / config.kvHeads()) * dim;
        for (int i = 0; i < q.length; i++) {
          double[] p = new double[causal ? i + 1 : k.length];
          for (int j = 0; j < p.length; j++) {
            double dot = 0;
            for (int c = 0; c < dim; c++) {
              dot = math.r(dot + math.r(q[i][head * dim + c] * k[j][kv + c]));
            }
            p[j] = math.r(dot * (float) config.attention().scale());
            p[j] = math.r(p[j] + (self ? relativeBias(head, j - i, causal) : 0));
          }
          math.softmax(p);
          rows.add(Arrays.copyOf(p, k.length));
          for (int c = 0; c < dim; c++) {
            double total = 0;
            for (int j = 0; j < p.length; j++) {
              total = math.r(total + math.r(p[j] * v[j][kv + c]));
            }
            out[i][head * dim + c] = total;
          }
        }
      }
      return out;
    }

    /** T5's _relative_position_bucket, in its own steps. */
    private double relativeBias(int head, int relativePosition, boolean causal) {
      if (!(config.position() instanceof Position.Relative relative)) {
        return 0;
      }
      int buckets = relative.buckets();
      int bucket = 0;
      int n = -relativePosition;
      if (causal) {
        n = Math.max(n, 0);
      } else {
        buckets /= 2;
        bucket = n < 0 ? buckets : 0;
        n = Math.abs(n);
      }
      int exact = buckets / 2;
      if (n >= exact) {
        double ranges = buckets - exact;
        double far =
            Math.log(n / (double) exact) / Math.log(relative.maxDistance() / (double) exact);
        n = Math.min(exact + (int) (far * ranges + 1e-9), buckets - 1);
      }
      return weights.matrix("relativeBias").get(bucket + n, head);
    }

    private double[][] feedForward(double[][] x, String name) {
      double[][] up = linear(x, name + "up", config.bias().feedForward());
      int width = config.feedForward();
      double[][] hidden =
          switch (config.activation()) {
            case RELU -> math.map(up, value -> Math.max(value, 0));
            case GELU ->
                math.map(up, value -> 0.5 * value * (1 + PlainMath.erf(value / Math.sqrt(2))));
            case REGLU ->
                math.product(
                    math.map(PlainMath.columns(up, 0, width), value -> Math.max(value, 0)),
                    PlainMath.columns(up, width, width));
            default -> throw new AssertionError(config.activation());
          };
      return linear(hidden, name + "down", config.bias().feedForward());
    }

    private double[][] norm(double[][] x, String name) {
      double[] gain = PlainMath.of(weights.matrix(name + ".gain"))[0];
      double epsilon = config.norm().epsilon();
      if (config.norm().type() == NormType.LAYER) {
        return math.layerNorm(x, gain, PlainMath.of(weights.matrix(name + ".shift"))[0], epsilon);
      }
      double[][] out = new double[x.length][gain.length];
      for (int t = 0; t < x.length; t++) {
        double squares = 0;
        for (double value : x[t]) {
          squares = math.r(squares + math.r(value * value));
        }
        double scale = math.r(1 / Math.sqrt(math.r(squares / gain.length) + (float) epsilon));
        for (int i = 0; i < gain.length; i++) {
          out[t][i] = math.r(math.r(x[t][i] * scale) * gain[i]);
        }
      }
      return out;
    }

    private double[][] linear(double[][] x, String name, boolean biased) {
      double[] bias = biased ? PlainMath.of(weights.matrix(name + ".bias"))[0] : new double[0];
      return math.linear(x, PlainMath.of(weights.linear(name + ".weight")), bias);
    }
  }
}
