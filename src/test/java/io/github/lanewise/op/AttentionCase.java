package io.github.lanewise.op;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** One problem of attention, its definition and its bounds, and what may be given beside it. */
final class AttentionCase {
  private final AttentionSpec spec;
  final Matrix q;
  final Matrix k;
  final Matrix v;

  AttentionCase(AttentionSpec spec, int queries, int keys) {
    this.spec = spec;
    q = GuardedMatrix.random(1, queries, spec.numHeads() * spec.headDim()).matrix();
    k = GuardedMatrix.random(2, keys, spec.numKvHeads() * spec.headDim()).matrix();
    v = GuardedMatrix.random(3, keys, spec.numKvHeads() * spec.valueDim()).matrix();
  }

  /** Full attention of a kind. */
  static AttentionSpec spec(int heads, int kvHeads, int headDim) {
    return AttentionSpec.of(heads, kvHeads, headDim, false);
  }

  AttentionReference reference(AttentionReference.Bias bias) {
    return new AttentionReference(spec.numHeads(), spec.numKvHeads(), spec.headDim())
        .valueDim(spec.valueDim())
        .scale(spec.scale())
        .window(spec.left(), spec.right(), spec.dilation())
        .softcap(spec.softcap())
        .perHead(spec.alibiSlopes(), spec.sinks())
        .bias(bias);
  }

  /**
   * As AttentionTest derives it, with the roundings of the modifiers: a softcap has slope at most
   * 1, so it passes errors on and adds 12u relative to its result; ALiBi and a bias, and each sum
   * with them, round once more, relative to the largest of them.
   */
  double scoreError() {
    double product = spec.headDim() * (double) Math.abs(spec.scale());
    double error = (spec.headDim() + 3) * Bounds.U * product;
    double largest = product;
    if (spec.softcap() > 0) {
      error += 12 * Bounds.U * Math.min(product, spec.softcap());
      largest = Math.min(product, spec.softcap());
    }
    double slope = spec.alibiSlopes().stream().mapToDouble(Math::abs).max().orElse(0);
    double farthest = slope * Math.max(q.rows(), k.rows());
    largest += farthest + 2; // biases are below 1, and two at most
    error += 4 * Bounds.U * (farthest + 2) + 2 * Bounds.U * largest;
    // The shift by the maximum, the sink's rounding to base 2.
    double sink = spec.sinks().stream().mapToDouble(Math::abs).max().orElse(0);
    return error + 2 * Bounds.U * (largest + sink);
  }

  double weightError() {
    int blocks = k.rows() / AttentionTile.KEY_BLOCK + 1;
    return Math.expm1(2 * scoreError()) + 4 * Bounds.U * (1 + blocks);
  }

  void assertDefinition(Lanewise runtime, AttentionExtras extras, AttentionReference.Bias bias) {
    AttentionReference reference = reference(bias);
    GuardedMatrix out = GuardedMatrix.poisoned(q.rows(), spec.numHeads() * spec.valueDim());
    GuardedMatrix sums = GuardedMatrix.poisoned(q.rows(), spec.numHeads());
    Attention attention = Attention.prepare(runtime, spec);
    attention.run(q, k, v, out.matrix(), extras.logSumExp(sums.matrix()));
    double bound = 2 * (weightError() + Bounds.gamma(k.rows() + 16L));
    assertClose(reference.attend(q, k, v), out.matrix(), bound, 0);
    // ln of a sum whose relative error is the weights', m·ln 2, and two roundings.
    double sumBound = scoreError() + weightError() + Bounds.gamma(k.rows() + 16L);
    assertClose(reference.logSumExp(q, k), sums.matrix(), sumBound, 4 * Bounds.U);
    out.assertBordersIntact();
    sums.assertBordersIntact();
    GuardedMatrix weights = GuardedMatrix.poisoned(spec.numHeads() * q.rows(), k.rows());
    attention.weights(q, k, weights.matrix(), extras);
    weights.assertBordersIntact();
    for (int head = 0; head < spec.numHeads(); head++) {
      Matrix rows = weights.matrix().rowRange(head * q.rows(), q.rows());
      assertClose(reference.weights(q, k, head), rows, 1e-37, bound);
      Matrix one = Matrix.allocate(Arena.ofAuto(), q.rows(), k.rows());
      attention.weights(q, k, head, one, extras);
      Bounds.assertSameBits(one, rows);
    }
  }

  private static void assertClose(
      double[][] expected, Matrix actual, double absolute, double relative) {
    for (int i = 0; i < actual.rows(); i++) {
      for (int j = 0; j < actual.columns(); j++) {
        double bound = absolute + relative * Math.abs(expected[i][j]);
        Bounds.assertClose(expected[i][j], actual.get(i, j), bound, "(" + i + ", " + j + ")");
      }
    }
  }

  /** Values in [-1, 1), and a hidden key here and there. */
  static Matrix bias(int rows, int columns) {
    Matrix bias = GuardedMatrix.random(50, rows, columns).matrix();
    SplittableRandom random = new SplittableRandom(51);
    for (int i = 0; i < rows * columns / 9; i++) {
      bias.set(random.nextInt(rows), random.nextInt(columns), Float.NEGATIVE_INFINITY);
    }
    return bias;
  }

  static ByteMatrix mask(int rows, int columns) {
    ByteMatrix mask = ByteMatrix.allocate(Arena.ofAuto(), rows, columns);
    SplittableRandom random = new SplittableRandom(52);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        mask.set(i, j, (byte) random.nextInt(-1, 2));
      }
    }
    return mask;
  }

  static double hidden(byte mask) {
    return mask == 0 ? Double.NEGATIVE_INFINITY : 0;
  }
}
