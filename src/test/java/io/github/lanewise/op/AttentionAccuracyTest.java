package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * FlashAttention's criterion (Dao et al. 2022): the error is at most twice that of a plain
 * implementation in the same precision, both against double.
 *
 * <p>Where two scores differ by little more than their rounding, the error of a single case is a
 * matter of luck, for either side. So what counts is the root of the mean square over many cases,
 * and the largest error in all of them. Random keys have such scores too seldom for a mean once
 * their logits are large; keys that are made so that there are some in every case have them.
 */
class AttentionAccuracyTest {
  private static final int QUERIES = 200;
  private static final int KEYS = 300;
  private static final int HEAD_DIM = 64;
  private static final double SCALE = 1 / Math.sqrt(HEAD_DIM);

  private static Lanewise runtime;
  private static Attention attention;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
    attention = Attention.prepare(runtime, AttentionSpec.of(1, 1, HEAD_DIM, false));
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** How the keys lie to each other. */
  enum Keys {
    RANDOM(100),
    ONE_HOT(10_000),
    TIES(10_000),
    ALL_EQUAL(10_000),
    /** One key, and a little of another: every score is as large as the largest, about. */
    ALIKE(10_000),
    /** Unlike keys, of which a few have nearly the same largest score. */
    NEAR_TIES(10_000);

    private final double largestLogit;

    Keys(double largestLogit) {
      this.largestLogit = largestLogit;
    }

    /** Changes random queries and keys; the logits are brought to size afterwards. */
    void shape(SplittableRandom random, double logit, float[][] q, float[][] k) {
      switch (this) {
        case RANDOM -> {}
        case ONE_HOT -> {
          addToAll(q, k[3]);
          shrinkOthers(k, KEYS);
        }
        case TIES -> {
          addToAll(q, k[3]);
          shrinkOthers(k, 7);
          copyThird(k, 7);
        }
        case ALL_EQUAL -> copyThird(k, 1);
        case ALIKE -> {
          addToAll(q, k[3]);
          float[] common = k[3].clone();
          for (float[] key : k) {
            multiply(key, 1 / logit);
          }
          addToAll(k, common);
        }
        case NEAR_TIES -> makeNearTies(random, logit, q, k);
      }
    }

    private static void addToAll(float[][] rows, float[] row) {
      for (float[] each : rows) {
        add(each, row, 1);
      }
    }

    /** All but key 3 and every {@code period}-th from there on. */
    private static void shrinkOthers(float[][] k, int period) {
      for (int j = 0; j < k.length; j++) {
        multiply(k[j], j % period == 3 ? 1 : 0x1p-9);
      }
    }

    private static void copyThird(float[][] k, int period) {
      for (int j = 3 % period; j < k.length; j += period) {
        k[j] = k[3].clone();
      }
    }

    /** Queries of one direction, and keys that are moved along it. */
    private static void makeNearTies(
        SplittableRandom random, double logit, float[][] q, float[][] k) {
      for (int i = 1; i < q.length; i++) {
        q[i] = q[0].clone();
        multiply(q[i], 1 - 0.01 * i);
      }
      for (int j = 0; j < k.length; j++) {
        double wanted = j % 35 == 3 ? 1 - 3 * random.nextDouble() / logit : 0.5;
        add(k[j], q[0], (wanted - product(q[0], k[j])) / product(q[0], q[0]));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Keys.class)
  void errsAtMostTwiceAsMuchAsAPlainImplementation(Keys keys) {
    // Many queries are tiled, few decoded.
    for (int queries : new int[] {20, 4, 1}) {
      for (double logit = 1; logit <= keys.largestLogit; logit *= 100) {
        Errors ours = new Errors();
        Errors theirs = new Errors();
        for (int seed = 1; seed <= QUERIES / queries; seed++) {
          compare(keys, queries, logit, seed, ours, theirs);
        }
        String what =
            "%d queries, logits up to %.0f: %s, plain %s".formatted(queries, logit, ours, theirs);
        // Where the plain one rounds to the exact values, a unit of |v| ≤ 1 remains.
        assertTrue(ours.rootMeanSquare() <= 2 * theirs.rootMeanSquare() + Bounds.U, what);
        assertTrue(ours.largest <= 2 * theirs.largest + 2 * Bounds.U, what);
      }
    }
  }

  private static void compare(
      Keys keys, int queries, double logit, int seed, Errors ours, Errors theirs) {
    float[][] q = rows(3L * seed, queries);
    float[][] k = rows(3L * seed + 1, KEYS);
    float[][] v = rows(3L * seed + 2, KEYS);
    keys.shape(new SplittableRandom(seed), logit, q, k);
    bringTo(logit, q, k);
    Matrix out = GuardedMatrix.poisoned(queries, HEAD_DIM).matrix();
    attention.run(matrix(q), matrix(k), matrix(v), out);
    double[][] exact =
        new AttentionReference(1, 1, HEAD_DIM).attend(matrix(q), matrix(k), matrix(v));
    for (int i = 0; i < queries; i++) {
      ours.add(exact[i], out.rowRange(i, 1).toArray());
      theirs.add(exact[i], plain(q[i], k, v));
    }
  }

  /** Scales each query so that its largest logit is {@code logit}. */
  private static void bringTo(double logit, float[][] q, float[][] k) {
    for (float[] query : q) {
      double largest = 0;
      for (float[] key : k) {
        largest = Math.max(largest, Math.abs(product(query, key)));
      }
      multiply(query, logit / (largest * SCALE));
    }
  }

  private static float[][] rows(long seed, int count) {
    Matrix matrix = Seeds.matrix(seed, count, HEAD_DIM);
    float[][] rows = new float[count][];
    for (int i = 0; i < count; i++) {
      rows[i] = matrix.rowRange(i, 1).toArray();
    }
    return rows;
  }

  private static Matrix matrix(float[][] rows) {
    Matrix matrix = GuardedMatrix.poisoned(rows.length, HEAD_DIM).matrix();
    for (int i = 0; i < rows.length; i++) {
      matrix.rowRange(i, 1).copyFrom(rows[i]);
    }
    return matrix;
  }

  private static void multiply(float[] row, double factor) {
    for (int d = 0; d < row.length; d++) {
      row[d] = (float) (row[d] * factor);
    }
  }

  private static void add(float[] row, float[] other, double factor) {
    for (int d = 0; d < row.length; d++) {
      row[d] += (float) (factor * other[d]);
    }
  }

  private static double product(float[] x, float[] y) {
    double sum = 0;
    for (int d = 0; d < x.length; d++) {
      sum += (double) x[d] * y[d];
    }
    return sum;
  }

  /** Score by score, all in f32. */
  private static float[] plain(float[] q, float[][] k, float[][] v) {
    float[] weights = new float[k.length];
    float largest = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < weights.length; j++) {
      float sum = 0;
      for (int d = 0; d < HEAD_DIM; d++) {
        sum += q[d] * k[j][d];
      }
      weights[j] = sum * (float) SCALE;
      largest = Math.max(largest, weights[j]);
    }
    float all = 0;
    for (int j = 0; j < weights.length; j++) {
      weights[j] = (float) Math.exp(weights[j] - largest);
      all += weights[j];
    }
    float[] out = new float[HEAD_DIM];
    for (int j = 0; j < weights.length; j++) {
      for (int d = 0; d < HEAD_DIM; d++) {
        out[d] += weights[j] / all * v[j][d];
      }
    }
    return out;
  }

  /** The errors of many outputs. */
  private static final class Errors {
    private double squares;
    private long count;
    double largest;

    void add(double[] exact, float[] actual) {
      for (int d = 0; d < exact.length; d++) {
        double error = Math.abs(actual[d] - exact[d]);
        squares += error * error;
        largest = Math.max(largest, error);
        count++;
      }
    }

    double rootMeanSquare() {
      return Math.sqrt(squares / count);
    }

    @Override
    public String toString() {
      return "%.3g (largest %.3g)".formatted(rootMeanSquare(), largest);
    }
  }
}
