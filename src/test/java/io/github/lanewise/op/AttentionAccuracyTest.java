package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * FlashAttention's criterion (Dao et al. 2022): the error is at most twice that of a plain
 * implementation in the same precision, both against double.
 */
class AttentionAccuracyTest {
  private static final int KEYS = 700;
  private static final int HEAD_DIM = 64;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** How the keys lie to each other. */
  enum Keys {
    RANDOM,
    ONE_HOT,
    TIES,
    ALL_EQUAL;

    Matrix make() {
      Matrix k = Seeds.matrix(2, KEYS, HEAD_DIM);
      for (int j = 0; j < KEYS; j++) {
        Matrix row = k.rowRange(j, 1);
        switch (this) {
          case RANDOM -> {}
          case ONE_HOT -> scale(row, j == 311 ? 1 : 0x1p-9f);
          case TIES -> {
            // Ties of the largest score alone: two that differ by little more than a rounding would
            // make the error a matter of luck.
            if (j % 7 == 3) {
              row.copyFrom(k.rowRange(3, 1).toArray());
            } else {
              scale(row, 0x1p-9f);
            }
          }
          case ALL_EQUAL -> row.copyFrom(k.rowRange(0, 1).toArray());
        }
      }
      return k;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RANDOM, 1",
    "RANDOM, 100",
    "RANDOM, 10000",
    "ONE_HOT, 1",
    "ONE_HOT, 10000",
    "TIES, 1",
    "TIES, 10000",
    "ALL_EQUAL, 1",
    "ALL_EQUAL, 10000"
  })
  void errsAtMostTwiceAsMuchAsAPlainImplementation(Keys keys, double largestLogit) {
    // Many queries are tiled, few decoded.
    for (int queries : new int[] {130, 4, 1}) {
      Matrix q = Seeds.matrix(1, queries, HEAD_DIM);
      Matrix k = keys.make();
      Matrix v = Seeds.matrix(3, KEYS, HEAD_DIM);
      scale(q, (float) (largestLogit / largestLogit(q, k)));
      double[][] exact = new AttentionReference(1, 1, HEAD_DIM).attend(q, k, v);
      Matrix out = GuardedMatrix.poisoned(queries, HEAD_DIM).matrix();
      Attention.prepare(runtime, AttentionSpec.of(1, 1, HEAD_DIM, false)).run(q, k, v, out);
      double ours = error(exact, out);
      double theirs = error(exact, plain(q, k, v));
      // Where the plain one rounds to the exact values, a unit of |v| ≤ 1 remains.
      double allowed = 2 * theirs + 2 * Bounds.U;
      assertTrue(ours <= allowed, queries + " queries: " + ours + ", plain: " + theirs);
    }
  }

  private static void scale(Matrix matrix, float factor) {
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        matrix.set(r, c, matrix.get(r, c) * factor);
      }
    }
  }

  private static double largestLogit(Matrix q, Matrix k) {
    double largest = 0;
    for (int i = 0; i < q.rows(); i++) {
      for (int j = 0; j < k.rows(); j++) {
        largest = Math.max(largest, Math.abs(logit(q, i, k, j)));
      }
    }
    return largest;
  }

  private static float logit(Matrix q, int i, Matrix k, int j) {
    float sum = 0;
    for (int d = 0; d < HEAD_DIM; d++) {
      sum += q.get(i, d) * k.get(j, d);
    }
    return sum * (float) (1 / Math.sqrt(HEAD_DIM));
  }

  /** Score by score, all in f32. */
  private static Matrix plain(Matrix q, Matrix k, Matrix v) {
    Matrix out = GuardedMatrix.poisoned(q.rows(), HEAD_DIM).matrix();
    for (int i = 0; i < q.rows(); i++) {
      float[] weights = new float[k.rows()];
      float largest = Float.NEGATIVE_INFINITY;
      for (int j = 0; j < weights.length; j++) {
        weights[j] = logit(q, i, k, j);
        largest = Math.max(largest, weights[j]);
      }
      float all = 0;
      for (int j = 0; j < weights.length; j++) {
        weights[j] = (float) Math.exp(weights[j] - largest);
        all += weights[j];
      }
      for (int d = 0; d < HEAD_DIM; d++) {
        float sum = 0;
        for (int j = 0; j < weights.length; j++) {
          sum += weights[j] / all * v.get(j, d);
        }
        out.set(i, d, sum);
      }
    }
    return out;
  }

  private static double error(double[][] exact, Matrix actual) {
    double error = 0;
    for (int i = 0; i < actual.rows(); i++) {
      for (int d = 0; d < actual.columns(); d++) {
        error = Math.max(error, Math.abs(actual.get(i, d) - exact[i][d]));
      }
    }
    return error;
  }
}
