package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.LinearAttentionReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearAttentionTest {
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
   * Every weight is positive. Each of its two features has an error of at most 4u, the sums one
   * rounding a key and a dimension; numerator and denominator each err by as much, the first
   * relative to the weighted sum of |v| ≤ 1, and the quotient rounds twice.
   */
  private static double bound(int keys, int headDim) {
    return 2 * Bounds.gamma(keys + headDim + 12L);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 9, 9", "2, 1, 16, 16, 40, 40", "4, 2, 20, 33, 30, 70", "6, 2, 59, 7, 50, 20",
    "2, 2, 64, 64, 100, 100", "1, 1, 128, 80, 17, 17", "1, 1, 256, 256, 5, 5", "2, 1, 8, 8, 0, 9",
    "2, 1, 8, 8, 9, 0", "1, 1, 16, 16, 31, 31", "1, 1, 17, 15, 32, 32", "5, 1, 18, 49, 33, 33",
    "3, 3, 31, 64, 64, 65", "9, 3, 33, 24, 65, 64", "1, 1, 4, 4, 2200, 2210", "1, 1, 1, 1, 7, 7",
    "1, 1, 1, 1, 8, 8", "1, 1, 256, 200, 40, 400", "24, 2, 16, 16, 50, 60"
  })
  void agreesWithTheDefinition(
      int heads, int kvHeads, int headDim, int valueDim, int queries, int keys) {
    for (boolean causal : new boolean[] {false, true}) {
      Matrix q = GuardedMatrix.random(1, queries, heads * headDim).matrix();
      Matrix k = GuardedMatrix.random(2, keys, kvHeads * headDim).matrix();
      Matrix v = GuardedMatrix.random(3, keys, kvHeads * valueDim).matrix();
      GuardedMatrix out = GuardedMatrix.poisoned(queries, heads * valueDim);
      LinearAttention.Spec spec =
          new LinearAttention.Spec(heads, kvHeads, headDim, valueDim, causal);
      LinearAttention.prepare(runtime, spec).run(q, k, v, out.matrix());
      double[][] expected = LinearAttentionReference.attend(q, k, v, heads, kvHeads, causal);
      for (int i = 0; i < queries; i++) {
        for (int j = 0; j < heads * valueDim; j++) {
          Bounds.assertClose(
              expected[i][j], out.matrix().get(i, j), bound(keys, headDim), "(" + i + ", " + j);
        }
      }
      out.assertBordersIntact();
    }
  }

  /** One thread takes a head at a time; several share few heads, in turns if they are long. */
  @ParameterizedTest
  @CsvSource({"1, 300, true", "3, 100, true", "3, 100, false", "1, 2300, true", "1, 90, false"})
  void bitsDoNotDependOnThreads(int kvHeads, int tokens, boolean causal) {
    LinearAttention.Spec spec = new LinearAttention.Spec(2 * kvHeads, kvHeads, 40, 24, causal);
    Matrix q = Seeds.matrix(4, tokens, 2 * kvHeads * 40);
    Matrix k = Seeds.matrix(5, tokens, kvHeads * 40);
    Matrix v = Seeds.matrix(6, tokens, kvHeads * 24);
    Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 2 * kvHeads * 24);
    Matrix expectedState = null;
    for (int threads : new int[] {1, 2, 3, 5}) {
      try (Lanewise team = Lanewise.create(threads)) {
        LinearAttention attention = LinearAttention.prepare(team, spec);
        Matrix state = attention.newState(Arena.ofAuto());
        attention.run(q, k, v, expected, state); // so that it is not empty
        Matrix out = GuardedMatrix.poisoned(tokens, 2 * kvHeads * 24).matrix();
        attention.run(q, k, v, out, state);
        if (expectedState == null) {
          expected = out;
          expectedState = state;
        }
        Bounds.assertSameBits(expectedState, state);
        attention.run(q, k, v, out, attention.newState(Arena.ofAuto()));
        Matrix alone = GuardedMatrix.poisoned(tokens, 2 * kvHeads * 24).matrix();
        attention.run(q, k, v, alone);
        Bounds.assertSameBits(out, alone);
      }
    }
  }

  @Test
  void partsOfASequenceGoOnWithTheState() {
    int tokens = 130;
    Matrix q = Seeds.matrix(4, tokens, 4 * 24);
    Matrix k = Seeds.matrix(5, tokens, 2 * 24);
    Matrix v = Seeds.matrix(6, tokens, 2 * 24);
    LinearAttention attention =
        LinearAttention.prepare(runtime, LinearAttention.Spec.of(4, 2, 24, true));
    Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 4 * 24);
    Matrix whole = attention.newState(Arena.ofAuto());
    attention.run(q, k, v, expected, whole);
    for (int part : new int[] {64, LinearAttention.CHUNK, 17, 1}) {
      Matrix state = attention.newState(Arena.ofAuto());
      Matrix out = GuardedMatrix.poisoned(tokens, 4 * 24).matrix();
      for (int at = 0; at < tokens; at += part) {
        int n = Math.min(part, tokens - at);
        attention.run(
            q.rowRange(at, n), k.rowRange(at, n), v.rowRange(at, n), out.rowRange(at, n), state);
      }
      Bounds.assertSameBits(whole, state);
      if (part % LinearAttention.CHUNK == 0 && tokens % part >= 2) {
        Bounds.assertRowsClose(expected, out, 1e-5);
        Bounds.assertSameBits(
            expected.rowRange(0, tokens / part * part), out.rowRange(0, tokens / part * part));
      } else {
        Bounds.assertRowsClose(expected, out, 1e-5); // other sums
      }
    }
  }

  /** A query's own chunk holds keys after it, whose weight is 0. */
  @Test
  void laterKeysDoNotLeak() {
    int tokens = 70;
    Matrix q = Seeds.matrix(7, tokens, 2 * 20);
    Matrix k = Seeds.matrix(8, tokens, 20);
    Matrix v = Seeds.matrix(9, tokens, 20);
    LinearAttention attention =
        LinearAttention.prepare(runtime, LinearAttention.Spec.of(2, 1, 20, true));
    Matrix clean = GuardedMatrix.poisoned(tokens, 40).matrix();
    attention.run(q, k, v, clean);
    for (Matrix poisoned : new Matrix[] {k, v}) {
      for (int at : new int[] {0, 30, 33, 69}) {
        for (float hazard : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
          float kept = poisoned.get(at, 3);
          poisoned.set(at, 3, hazard);
          Matrix out = GuardedMatrix.poisoned(tokens, 40).matrix();
          attention.run(q, k, v, out);
          poisoned.set(at, 3, kept);
          for (int i = 0; i < tokens; i++) {
            if (i >= at) {
              assertTrue(!Float.isFinite(out.get(i, 3)), "query " + i + " sees " + at);
              continue;
            }
            for (int d = 0; d < 40; d++) {
              assertEquals(clean.get(i, d), out.get(i, d), 1e-5f, "query " + i);
            }
          }
        }
      }
    }
  }

  @Test
  void extremeInputs() {
    Matrix q = Seeds.matrix(7, 3, 8);
    Matrix k = Seeds.matrix(8, 3, 8);
    k.rowRange(0, 1).fill(-1e4f);
    k.set(2, 0, Float.NaN);
    Matrix out = GuardedMatrix.poisoned(3, 8).matrix();
    LinearAttention.prepare(runtime, LinearAttention.Spec.of(1, 1, 8, true)).run(q, k, q, out);
    // Features of 0 weigh nothing; what comes later does not leak; what is seen shows.
    for (int d = 0; d < 8; d++) {
      assertEquals(0f, out.get(0, d));
      assertTrue(Math.abs(out.get(1, d) - q.get(1, d)) <= 8 * Bounds.U);
      assertTrue(Float.isNaN(out.get(2, d)));
    }
  }

  @Test
  void aRunAllocatesNothing() {
    Matrix q = Seeds.matrix(9, 4, 2 * 24);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 4, 2 * 24);
    LinearAttention attention =
        LinearAttention.prepare(runtime, LinearAttention.Spec.of(2, 2, 24, true));
    Matrix state = attention.newState(Arena.ofAuto());
    assertEquals(0, Allocation.ofCompiled(() -> attention.run(q, q, q, out, state)));
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    LinearAttention attention =
        LinearAttention.prepare(runtime, LinearAttention.Spec.of(2, 1, 8, true));
    Matrix q = Seeds.matrix(10, 3, 16);
    Matrix k = Seeds.matrix(11, 3, 8);
    Matrix out = GuardedMatrix.poisoned(3, 16).matrix();
    assertNames("q", () -> attention.run(k, k, k, out));
    assertNames("k", () -> attention.run(q, q, k, out));
    assertNames("v", () -> attention.run(q, k, k.rowRange(0, 2), out));
    assertNames("out", () -> attention.run(q, k, k, out.rowRange(0, 2)));
    assertNames("state", () -> attention.run(q, k, k, out, k));
    assertNames("headDim", () -> LinearAttention.Spec.of(2, 1, 300, true));
    for (float x : out.toArray()) {
      assertTrue(Float.isNaN(x));
    }
  }
}
