package io.github.lanewise.model.protein;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.TensorStore;
import io.github.lanewise.testing.PlainMath;

/**
 * Evoformer blocks written down from the supplement of Jumper et al. 2021, with its indices: m_si
 * is row s·r + i, z_ij row i·r + j. Nothing is transposed, batched or fused.
 */
final class EvoformerReference {
  private final EvoformerConfig config;
  private final TensorStore weights;
  private final PlainMath math;
  private final int s;
  private final int r;
  private String prefix = "";

  EvoformerReference(EvoformerConfig config, TensorStore weights, PlainMath math) {
    this.config = config;
    this.weights = weights;
    this.math = math;
    s = config.msa();
    r = config.residues();
  }

  /** m and z after all blocks. */
  record Result(double[][] msa, double[][] pair) {}

  /** Algorithm 6. */
  Result run(double[][] msa, double[][] pair) {
    double[][] m = msa;
    double[][] z = pair;
    for (int block = 0; block < config.layers(); block++) {
      String name = "blocks." + block + ".";
      m = math.sum(m, msaRowAttention(name + "msaRow.", m, z));
      m = math.sum(m, msaColumnAttention(name + "msaColumn.", m));
      m = math.sum(m, transition(name + "msaTransition.", m));
      z = math.sum(z, outerProductMean(name + "outerProductMean.", m));
      z = math.sum(z, triangleMultiplication(name + "triangleOutgoing.", z, true));
      z = math.sum(z, triangleMultiplication(name + "triangleIncoming.", z, false));
      z = math.sum(z, triangleAttention(name + "triangleStarting.", z, true));
      z = math.sum(z, triangleAttention(name + "triangleEnding.", z, false));
      z = math.sum(z, transition(name + "pairTransition.", z));
    }
    return new Result(m, z);
  }

  /** Algorithm 7. */
  private double[][] msaRowAttention(String name, double[][] m, double[][] z) {
    prefix = name;
    double[][] b = math.linear(norm("biasNorm", z), table("bias"), new double[0]);
    double[][] x = norm("norm", m);
    double[][] out = new double[m.length][];
    for (int row = 0; row < s; row++) {
      int[] places = places(row * r, 1, r);
      attend(x, places, config.msaHeads(), (head, i, j) -> b[i * r + j][head], out);
    }
    return gatedOutput(x, out);
  }

  /** Algorithm 8. */
  private double[][] msaColumnAttention(String name, double[][] m) {
    prefix = name;
    double[][] x = norm("norm", m);
    double[][] out = new double[m.length][];
    for (int i = 0; i < r; i++) {
      attend(x, places(i, r, s), config.msaHeads(), PlainMath.Bias.NONE, out);
    }
    return gatedOutput(x, out);
  }

  /** Algorithms 9 and 15. */
  private double[][] transition(String name, double[][] x) {
    prefix = name;
    double[][] hidden = math.map(linear("up", norm("norm", x)), v -> Math.max(v, 0));
    return linear("down", hidden);
  }

  /** Algorithm 10. */
  private double[][] outerProductMean(String name, double[][] m) {
    prefix = name;
    double[][] x = norm("norm", m);
    double[][] a = linear("left", x);
    double[][] b = linear("right", x);
    int c = config.widths().outer();
    double[][] o = new double[r * r][c * c];
    for (int i = 0; i < r; i++) {
      for (int j = 0; j < r; j++) {
        for (int p = 0; p < c; p++) {
          for (int q = 0; q < c; q++) {
            double total = 0;
            for (int t = 0; t < s; t++) {
              total = math.r(total + math.r(a[t * r + i][p] * b[t * r + j][q]));
            }
            o[i * r + j][p * c + q] = math.r(total / s);
          }
        }
      }
    }
    return linear("output", o);
  }

  /** Algorithms 11 and 12. */
  private double[][] triangleMultiplication(String name, double[][] z, boolean outgoing) {
    prefix = name;
    int c = config.widths().triangle();
    double[][] x = norm("norm", z);
    double[][] factors = linear("factors", x);
    double[][] a =
        math.product(
            math.sigmoid(PlainMath.columns(factors, 0, c)), PlainMath.columns(factors, 2 * c, c));
    double[][] b =
        math.product(
            math.sigmoid(PlainMath.columns(factors, c, c)), PlainMath.columns(factors, 3 * c, c));
    double[][] sums = new double[r * r][c];
    for (int i = 0; i < r; i++) {
      for (int j = 0; j < r; j++) {
        for (int ch = 0; ch < c; ch++) {
          double total = 0;
          for (int k = 0; k < r; k++) {
            double left = outgoing ? a[i * r + k][ch] : a[k * r + i][ch];
            double right = outgoing ? b[j * r + k][ch] : b[k * r + j][ch];
            total = math.r(total + math.r(left * right));
          }
          sums[i * r + j][ch] = total;
        }
      }
    }
    double[][] gate = math.sigmoid(linear("gate", x));
    return math.product(gate, linear("output", norm("productNorm", sums)));
  }

  /** Algorithm 13, a_ijk of q_ij, k_ik and b_jk; and 14, of q_ij, k_kj and b_ki. */
  private double[][] triangleAttention(String name, double[][] z, boolean starting) {
    prefix = name;
    double[][] x = norm("norm", z);
    double[][] b = math.linear(x, table("bias"), new double[0]);
    double[][] out = new double[z.length][];
    for (int node = 0; node < r; node++) {
      if (starting) {
        attend(
            x, places(node * r, 1, r), config.pairHeads(), (head, j, k) -> b[j * r + k][head], out);
      } else {
        attend(x, places(node, r, r), config.pairHeads(), (head, i, k) -> b[k * r + i][head], out);
      }
    }
    return gatedOutput(x, out);
  }

  /** Attention among some rows of x; the results go to the same rows of out. */
  private void attend(double[][] x, int[] places, int heads, PlainMath.Bias bias, double[][] out) {
    double[][] rows = new double[places.length][];
    for (int i = 0; i < places.length; i++) {
      rows[i] = x[places[i]];
    }
    int width = heads * config.headDim();
    double[][] qkv =
        math.linear(rows, PlainMath.of(weights.linear(prefix + "qkv.weight")), new double[0]);
    double[][] attended =
        math.attention(
            PlainMath.columns(qkv, 0, width),
            PlainMath.columns(qkv, width, width),
            PlainMath.columns(qkv, 2 * width, width),
            heads,
            bias);
    for (int i = 0; i < places.length; i++) {
      out[places[i]] = attended[i];
    }
  }

  private double[][] gatedOutput(double[][] x, double[][] attended) {
    return linear("output", math.product(math.sigmoid(linear("gate", x)), attended));
  }

  private static int[] places(int first, int step, int count) {
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = first + i * step;
    }
    return places;
  }

  private double[][] linear(String name, double[][] x) {
    return math.linear(
        x,
        PlainMath.of(weights.linear(prefix + name + ".weight")),
        PlainMath.of(weights.matrix(prefix + name + ".bias"))[0]);
  }

  private double[][] table(String name) {
    return PlainMath.of(weights.matrix(prefix + name + ".weight"));
  }

  private double[][] norm(String name, double[][] x) {
    Matrix gain = weights.matrix(prefix + name + ".gain");
    Matrix shift = weights.matrix(prefix + name + ".shift");
    return math.layerNorm(x, PlainMath.of(gain)[0], PlainMath.of(shift)[0], config.epsilon());
  }
}
