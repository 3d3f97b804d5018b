package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Head dims, query and key counts, and groups of the test plan. */
  static Stream<Arguments> shapes() {
    Stream<Arguments> dims =
        Stream.of(1, 3, 16, 32, 40, 59, 64, 72, 80, 96, 111, 128, 160, 192, 224, 256)
            .map(d -> Arguments.of(2, 1, d, 37, 101));
    Stream<Arguments> counts =
        Stream.of(
            Arguments.of(1, 1, 32, 1, 239),
            Arguments.of(1, 1, 32, 3, 799),
            Arguments.of(1, 1, 32, 127, 513),
            Arguments.of(1, 1, 32, 113, 203),
            Arguments.of(1, 1, 32, 108, 256),
            Arguments.of(1, 1, 32, 512, 256),
            Arguments.of(1, 1, 8, 1023, 1024),
            Arguments.of(1, 1, 8, 1024, 1023),
            Arguments.of(1, 1, 32, 1, 1),
            Arguments.of(1, 1, 32, 0, 9),
            Arguments.of(1, 1, 32, 9, 0),
            Arguments.of(9, 9, 16, 65, 65));
    Stream<Arguments> groups =
        Stream.of(1, 4, 8, 12, 16, 20, 32).map(g -> Arguments.of(2 * g, 2, 24, 7, 97));
    Stream<Arguments> blocks =
        Stream.of(-1, 0, 1).map(e -> Arguments.of(1, 1, 20, 65, AttentionTile.KEY_BLOCK * 2 + e));
    return Stream.of(dims, counts, groups, blocks).flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void fullAndCausalAgreeWithTheDefinition(
      int heads, int kvHeads, int headDim, int queries, int keys) {
    for (boolean causal : new boolean[] {false, true}) {
      AttentionSpec spec = AttentionSpec.of(heads, kvHeads, headDim, causal);
      GuardedMatrix q = GuardedMatrix.random(1, queries, heads * headDim);
      GuardedMatrix k = GuardedMatrix.random(2, keys, kvHeads * headDim);
      GuardedMatrix v = GuardedMatrix.random(3, keys, kvHeads * headDim);
      GuardedMatrix out = GuardedMatrix.poisoned(queries, heads * headDim);
      Attention.prepare(runtime, spec).run(q.matrix(), k.matrix(), v.matrix(), out.matrix());
      assertDefinition(spec, q.matrix(), k.matrix(), v.matrix(), out.matrix());
      out.assertBordersIntact();
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1e4f, -0.7f, 0f})
  void largeNegativeAndZeroScales(float scale) {
    AttentionSpec spec = AttentionSpec.of(2, 2, 16, true).scale(scale);
    Matrix q = Seeds.matrix(4, 70, 32);
    Matrix k = Seeds.matrix(5, 200, 32);
    Matrix v = Seeds.matrix(6, 200, 32);
    Matrix out = GuardedMatrix.poisoned(70, 32).matrix();
    Attention.prepare(runtime, spec).run(q, k, v, out);
    assertDefinition(spec, q, k, v, out);
  }

  /** Subnormal products, and zeros of both signs: every key weighs about the same. */
  @ParameterizedTest
  @ValueSource(floats = {1e-20f, 1e-40f, 0f, -0f})
  void tinyAndZeroInputs(float size) {
    AttentionSpec spec = AttentionSpec.of(2, 1, 16, true);
    for (int queries : new int[] {70, 1}) {
      Matrix q = scaled(Seeds.matrix(30, queries, 32), size);
      Matrix k = scaled(Seeds.matrix(31, 200, 16), size);
      Matrix v = Seeds.matrix(32, 200, 16);
      Matrix out = GuardedMatrix.poisoned(queries, 32).matrix();
      Attention.prepare(runtime, spec).run(q, k, v, out);
      assertDefinition(spec, q, k, v, out);
      Matrix tiny = scaled(v, size);
      Attention.prepare(runtime, spec).run(q, k, tiny, out);
      assertDefinition(spec, q, k, tiny, out);
    }
  }

  private static Matrix scaled(Matrix matrix, float factor) {
    Matrix scaled = Matrix.allocate(Arena.ofAuto(), matrix.rows(), matrix.columns());
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        scaled.set(r, c, matrix.get(r, c) * factor);
      }
    }
    return scaled;
  }

  /** A score of -Infinity weighs nothing; one of +Infinity has no defined weight, and shows. */
  @Test
  void infiniteScores() {
    AttentionSpec spec = AttentionSpec.of(1, 1, 16, false);
    for (int queries : new int[] {70, 1}) {
      Matrix q = Seeds.matrix(33, queries, 16);
      Matrix k = Seeds.matrix(34, 200, 16);
      Matrix v = Seeds.matrix(35, 200, 16);
      q.columnRange(0, 1).fill(0.5f);
      k.set(17, 0, Float.NEGATIVE_INFINITY);
      k.set(130, 0, Float.NEGATIVE_INFINITY);
      Matrix out = GuardedMatrix.poisoned(queries, 16).matrix();
      Attention.prepare(runtime, spec).run(q, k, v, out);
      assertDefinition(spec, q, k, v, out);
      k.set(140, 0, Float.POSITIVE_INFINITY);
      Attention.prepare(runtime, spec).run(q, k, v, out);
      for (int i = 0; i < queries; i++) {
        assertTrue(Float.isNaN(out.get(i, 3)), "query " + i);
      }
    }
  }

  /**
   * Derivation, for one output o = Σ p_j v_j / Σ p_j. A score has absolute error s = (d + 3)·u·max
   * Σ|q||k|·|scale| (d FMAs, and the rounded scale, its factor log2 e and the scaled query), and
   * the shift by the maximum rounds once more, u·|t|, t up to twice the largest score. Both enter p
   * relatively, as e^err - 1. The exponential adds 4u. Each block rescales with a factor of the
   * same error, and the sums round once a key and block. Errors of numerator and denominator add
   * up, each weighs max|v|.
   */
  private static void assertDefinition(
      AttentionSpec spec, Matrix q, Matrix k, Matrix v, Matrix out) {
    double[][] expected =
        new AttentionReference(spec.numHeads(), spec.numKvHeads(), spec.headDim())
            .scale(spec.scale())
            .window(spec.left(), spec.right(), 1)
            .attend(q, k, v);
    int d = spec.headDim();
    double largest = d * (double) Math.abs(spec.scale()); // |q|, |k| and |v| are at most 1
    double score = (d + 3) * Bounds.U * largest + 2 * Bounds.U * largest;
    int blocks = k.rows() / AttentionTile.KEY_BLOCK + 1;
    double weight = Math.expm1(2 * score) + 4 * Bounds.U * (1 + blocks);
    double bound = 2 * (weight + Bounds.gamma(k.rows() + 2L * blocks + 2));
    // No bound can exceed the range of V: an average of values in [-1, 1] stays there.
    bound = Math.min(bound, 2);
    for (int i = 0; i < out.rows(); i++) {
      for (int j = 0; j < out.columns(); j++) {
        Bounds.assertClose(expected[i][j], out.get(i, j), bound, "(" + i + ", " + j + ")");
      }
    }
  }

  @Test
  void queriesThatSeeNoKeyGetZeros() {
    Matrix q = Seeds.matrix(7, 20, 16);
    Matrix k = Seeds.matrix(8, 12, 16);
    Matrix out = GuardedMatrix.poisoned(20, 16).matrix();
    Attention.prepare(runtime, AttentionSpec.of(1, 1, 16, true)).run(q, k, k, out);
    for (int i = 0; i < 8; i++) {
      for (int j = 0; j < 16; j++) {
        assertEquals(0f, out.get(i, j));
      }
    }
    assertTrue(out.get(8, 0) != 0f);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void hiddenKeysAndValuesDoNotLeakAndVisibleOnesShow(float hazard) {
    int block = AttentionTile.KEY_BLOCK;
    int n = block + 2;
    Matrix q = Seeds.matrix(9, n, 16);
    Matrix k = Seeds.matrix(10, n, 16);
    Matrix v = Seeds.matrix(11, n, 16);
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(1, 1, 16, true));
    Matrix clean = Matrix.allocate(Arena.ofAuto(), n, 16);
    attention.run(q, k, v, clean);
    for (int poisoned : new int[] {1, 63, 64, 100, block - 1, block, n - 1}) {
      for (Matrix target : new Matrix[] {k, v}) {
        float kept = target.get(poisoned, 3);
        target.set(poisoned, 3, target == k ? Float.NaN : hazard);
        Matrix out = GuardedMatrix.poisoned(n, 16).matrix();
        attention.run(q, k, v, out);
        Bounds.assertSameBits(clean.rowRange(0, poisoned), out.rowRange(0, poisoned));
        for (int i = poisoned; i < n; i++) {
          assertTrue(!Float.isFinite(out.get(i, 3)), "query " + i + " sees key " + poisoned);
        }
        target.set(poisoned, 3, kept);
      }
    }
  }

  @Test
  void bitsDoNotDependOnThreadsOrChunks() {
    int headDim = 24;
    int tokens = 300;
    AttentionSpec spec = AttentionSpec.of(6, 2, headDim, true);
    Matrix q = Seeds.matrix(12, tokens, 6 * headDim);
    Matrix k = Seeds.matrix(13, tokens, 2 * headDim);
    Matrix v = Seeds.matrix(14, tokens, 2 * headDim);
    Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 6 * headDim);
    Attention.prepare(runtime, spec).run(q, k, v, expected);
    Matrix decoded = inChunks(Attention.prepare(runtime, spec), 1, q, k, v);
    Bounds.assertRowsClose(expected, decoded, 1e-5);
    for (int threads : new int[] {1, 2, 5}) {
      try (Lanewise other = Lanewise.create(threads)) {
        Attention attention = Attention.prepare(other, spec);
        for (int chunk : new int[] {tokens, 129, 64, 7}) {
          Bounds.assertSameBits(expected, inChunks(attention, chunk, q, k, v));
        }
        Bounds.assertSameBits(decoded, inChunks(attention, 1, q, k, v));
      }
    }
  }

  /** Two threads have smaller tiles than one, which takes as many lanes as there can be. */
  @Test
  void fullTilesHaveTheBitsOfSmallOnes() {
    for (int headDim : new int[] {8, 96}) {
      int queries = 2 * AttentionTile.lanes(headDim, headDim) + 5;
      int keys = AttentionTile.KEY_BLOCK + 22;
      for (boolean causal : new boolean[] {false, true}) {
        AttentionSpec spec = AttentionSpec.of(1, 1, headDim, causal);
        Matrix q = Seeds.matrix(15, queries, headDim);
        Matrix k = Seeds.matrix(16, keys, headDim);
        Matrix v = Seeds.matrix(17, keys, headDim);
        Matrix expected = Matrix.allocate(Arena.ofAuto(), queries, headDim);
        Attention.prepare(runtime, spec).run(q, k, v, expected);
        Matrix out = Matrix.allocate(Arena.ofAuto(), queries, headDim);
        try (Lanewise alone = Lanewise.create(1)) {
          Attention.prepare(alone, spec).run(q, k, v, out);
        }
        Bounds.assertSameBits(expected, out);
        assertDefinition(spec, q, k, v, out);
      }
    }
  }

  private static Matrix inChunks(Attention attention, int chunk, Matrix q, Matrix k, Matrix v) {
    Matrix out = GuardedMatrix.poisoned(q.rows(), q.columns()).matrix();
    for (int at = 0; at < q.rows(); at += chunk) {
      int count = Math.min(chunk, q.rows() - at);
      attention.run(
          q.rowRange(at, count),
          k.rowRange(0, at + count),
          v.rowRange(0, at + count),
          out.rowRange(at, count));
    }
    return out;
  }

  @Test
  void raggedBatchesEqualTheirSequences() {
    int[] queryOffsets = {0, 5, 5, 70, 71, 200};
    int[] keyOffsets = {0, 9, 12, 77, 177, 306};
    for (boolean causal : new boolean[] {false, true}) {
      Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, 2, 16, causal));
      Matrix q = Seeds.matrix(15, 200, 64);
      Matrix k = Seeds.matrix(16, 306, 32);
      Matrix v = Seeds.matrix(17, 306, 32);
      GuardedMatrix out = GuardedMatrix.poisoned(200, 64);
      attention.run(q, k, v, out.matrix(), queryOffsets, keyOffsets);
      out.assertBordersIntact();
      for (int s = 0; s < 5; s++) {
        int count = queryOffsets[s + 1] - queryOffsets[s];
        int keys = keyOffsets[s + 1] - keyOffsets[s];
        Matrix alone = Matrix.allocate(Arena.ofAuto(), count, 64);
        attention.run(
            q.rowRange(queryOffsets[s], count),
            k.rowRange(keyOffsets[s], keys),
            v.rowRange(keyOffsets[s], keys),
            alone);
        Bounds.assertSameBits(alone, out.matrix().rowRange(queryOffsets[s], count));
      }
    }
  }

  @Test
  void aRunAllocatesNothing() {
    Matrix q = Seeds.matrix(18, 80, 32);
    Matrix k = Seeds.matrix(19, 110, 32);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 80, 32);
    Matrix lastQuery = q.rowRange(79, 1);
    Matrix lastOut = out.rowRange(79, 1);
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(2, 2, 16, true));
    // Wide and narrow tiles, a prompt and a step of decoding.
    Runnable both =
        () -> {
          attention.run(q, k, k, out);
          attention.run(lastQuery, k, k, lastOut);
        };
    assertEquals(0, Allocation.ofCompiled(both));
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, 2, 8, true));
    Matrix q = Seeds.matrix(20, 3, 32);
    Matrix k = Seeds.matrix(21, 5, 16);
    GuardedMatrix out = GuardedMatrix.poisoned(3, 32);
    assertNames("q", () -> attention.run(k, k, k, out.matrix()));
    assertNames("k", () -> attention.run(q, q, k, out.matrix()));
    assertNames("v", () -> attention.run(q, k, k.rowRange(0, 4), out.matrix()));
    assertNames("out", () -> attention.run(q, k, k, out.matrix().rowRange(0, 2)));
    assertNames("q", () -> attention.run(out.matrix(), k, k, out.matrix()));
    int[] three = {0, 3};
    int[] five = {0, 5};
    assertNames("queryOffsets", () -> attention.run(q, k, k, out.matrix(), new int[] {0, 2}, five));
    assertNames(
        "keyOffsets", () -> attention.run(q, k, k, out.matrix(), three, new int[] {0, 4, 2, 5}));
    assertNames(
        "keyOffsets", () -> attention.run(q, k, k, out.matrix(), three, new int[] {0, 2, 5}));
    assertNames("numKvHeads", () -> AttentionSpec.of(4, 3, 8, true));
    assertNames("headDim", () -> AttentionSpec.of(4, 4, 257, true));
    assertNames("scale", () -> AttentionSpec.of(4, 4, 8, true).scale(Float.NaN));
    for (float x : out.matrix().toArray()) {
      assertTrue(Float.isNaN(x));
    }
  }
}
