package io.github.lanewise.op;

import io.github.lanewise.kernel.activation.ActivationReference;
import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AlphaFold's attention (Jumper et al. 2021): pair bias, mask and output gate. */
class GatedAttentionTest {
  private static final int HEADS = 4;
  private static final int HEAD_DIM = 8;
  private static final int COLUMNS = HEADS * HEAD_DIM;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /**
   * Row attention of an MSA (its supplement's algorithm 7): each of the rows is a sequence of
   * residues, and all of them share the pair bias.
   */
  @Test
  void rowAttentionWithPairBiasAgreesWithTheDefinition() {
    assertDefinition(5, 37, null);
  }

  /**
   * Triangle attention around the starting node (algorithm 13): row i of the pair representation is
   * a sequence, the bias of (j, k) is the same for each i, and padding is masked.
   */
  @Test
  void triangleAttentionAgreesWithTheDefinition() {
    int n = 33;
    ByteMatrix mask = ByteMatrix.allocate(Arena.ofAuto(), n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n - 4; j++) {
        mask.set(i, j, (byte) 1);
      }
    }
    assertDefinition(n, n, mask);
  }

  private static void assertDefinition(int sequences, int length, @Nullable ByteMatrix keyMask) {
    Matrix q = Seeds.matrix(1, sequences * length, COLUMNS);
    Matrix k = Seeds.matrix(2, sequences * length, COLUMNS);
    Matrix v = Seeds.matrix(3, sequences * length, COLUMNS);
    Matrix bias = Seeds.matrix(4, HEADS * length, length);
    // The gate's product leaves its columns beside those that attention fills.
    Matrix gated = Seeds.matrix(5, sequences * length, 2 * COLUMNS);
    Matrix gate = gated.columnRange(0, COLUMNS);
    int[] offsets = new int[sequences + 1];
    for (int s = 0; s <= sequences; s++) {
      offsets[s] = s * length;
    }
    AttentionExtras extras = AttentionExtras.none().pairBias(bias);
    AttentionSpec spec = AttentionSpec.of(HEADS, HEADS, HEAD_DIM, false);
    GuardedMatrix out = GuardedMatrix.poisoned(sequences * length, COLUMNS);
    Attention.prepare(runtime, spec)
        .run(
            q,
            k,
            v,
            gated.columnRange(COLUMNS, COLUMNS),
            offsets,
            offsets,
            keyMask == null ? extras : extras.keyMask(keyMask));
    GatedActivation.prepare(runtime, Activation.SIGMOID).run(gated, out.matrix());
    for (int s = 0; s < sequences; s++) {
      int first = offsets[s];
      int row = s;
      double[][] attended =
          new AttentionReference(HEADS, HEADS, HEAD_DIM)
              .bias(
                  (head, i, j) ->
                      keyMask != null && keyMask.get(row, j) == 0
                          ? Double.NEGATIVE_INFINITY
                          : bias.get(head * length + i, j))
              .attend(
                  q.rowRange(first, length), k.rowRange(first, length), v.rowRange(first, length));
      for (int i = 0; i < length; i++) {
        for (int c = 0; c < COLUMNS; c++) {
          double open = ActivationReference.sigmoid(gate.get(first + i, c));
          Bounds.assertClose(
              open * attended[i][c],
              out.matrix().get(first + i, c),
              bound(length),
              "(" + (first + i) + ", " + c + ")");
        }
      }
    }
    out.assertBordersIntact();
  }

  /**
   * As AttentionTest derives it: scores err by (headDim + 3)u and two roundings relative to at most
   * √headDim, the bias rounds once more; the gate is at most 1 and errs by 6u, the product by u.
   */
  private static double bound(int keys) {
    double largest = Math.sqrt(HEAD_DIM) + 1;
    double score = (HEAD_DIM + 6) * Bounds.U * largest + 2 * Bounds.U * largest;
    double weight = Math.expm1(2 * score) + 8 * Bounds.U;
    return 2 * (weight + Bounds.gamma(keys + 16L)) + 7 * Bounds.U;
  }

  @Test
  void theGateIsAppliedByColumn() {
    Matrix gated = Matrix.allocate(Arena.ofAuto(), 1, 4);
    gated.set(0, 0, Float.NEGATIVE_INFINITY);
    gated.set(0, 1, Float.POSITIVE_INFINITY);
    gated.columnRange(2, 2).fill(3);
    Matrix out = GuardedMatrix.poisoned(1, 2).matrix();
    GatedActivation.prepare(runtime, Activation.SIGMOID).run(gated, out);
    Bounds.assertSameBits(Matrix.copyOf(Arena.ofAuto(), 1, 2, new float[] {0, 3}), out);
  }
}
