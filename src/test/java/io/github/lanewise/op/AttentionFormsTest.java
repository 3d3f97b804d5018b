package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of attention: each against the definition, alone and combined. */
class AttentionFormsTest {
  private static final int FREE = Attention.UNBOUNDED;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static AttentionSpec spec(int heads, int kvHeads, int headDim) {
    return AttentionSpec.of(heads, kvHeads, headDim, false);
  }

  /** Specs, query and key counts. */
  static Stream<Arguments> forms() {
    List<Arguments> all = new ArrayList<>();
    for (int[] counts : new int[][] {{130, 130}, {67, 201}, {40, 12}, {1, 300}}) {
      AttentionSpec base = spec(4, 2, 20);
      Stream.of(
              base.valueDim(33),
              base.valueDim(7).window(FREE, 0),
              base.window(0, 0),
              base.window(5, 0),
              base.window(100, 3),
              base.window(FREE, 20),
              base.window(33, FREE),
              base.dilation(3),
              base.dilation(2).window(40, 0),
              base.dilation(5).window(17, 23),
              base.dilation(400),
              base.softcap(2).scale(3),
              base.softcap(10),
              base.softcap(0.5f).window(FREE, 0),
              base.alibi(),
              base.alibi().window(FREE, 0).valueDim(64),
              base.alibi(List.of(8f, 0f, -0.25f, 1f)).dilation(3),
              base.sinks(List.of(0f, 5f, -3f, 0.25f)),
              base.sinks(List.of(0f, 5f, -3f, 0.25f)).window(9, 0).softcap(3).alibi(),
              spec(12, 1, 16)
                  .alibi()
                  .window(50, 0)
                  .dilation(2)
                  .sinks(List.of(1f, 2f, 3f, 4f, 5f, 6f, -1f, -2f, -3f, -4f, -5f, -6f)))
          .forEach(s -> all.add(Arguments.of(s, counts[0], counts[1])));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void formsAgreeWithTheDefinition(AttentionSpec spec, int queries, int keys) {
    Case c = new Case(spec, queries, keys);
    c.assertDefinition(AttentionExtras.none(), (head, i, j) -> 0);
  }

  /** Heads of keys, then of values, that strips, vectors and few queries fit in different ways. */
  @Test
  void keyAndValueDimsDoNotDependOnEachOther() {
    for (int[] dims : new int[][] {{256, 1}, {256, 16}, {16, 256}, {200, 80}, {33, 144}}) {
      for (int queries : new int[] {20, 70}) {
        Case c = new Case(spec(2, 2, dims[0]).valueDim(dims[1]).window(FREE, 0), queries, 90);
        c.assertDefinition(AttentionExtras.none(), (head, i, j) -> 0);
      }
    }
  }

  @Test
  void blockMasksAgreeWithTheDefinition() {
    for (int size : new int[] {1, 16, 64, 100}) {
      int rows = Math.ceilDiv(310, size);
      for (BlockMask mask :
          List.of(
              BlockMask.bigBird(size, 310, 1, 1, 2, 7),
              BlockMask.strided(size, 310, 0, 3),
              BlockMask.of(size, new int[rows + 1], new int[0]))) {
        for (AttentionSpec spec :
            List.of(
                spec(2, 1, 16), spec(2, 2, 16).window(150, 0).alibi().sinks(List.of(1f, -1f)))) {
          for (int queries : new int[] {310, 90, 1}) {
            Case c = new Case(spec.blockMask(mask), queries, 310);
            int first = 310 - queries;
            c.assertDefinition(
                AttentionExtras.none(),
                (head, i, j) ->
                    mask.sees((first + i) / size, j / size) ? 0 : Double.NEGATIVE_INFINITY);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void biasesAgreeWithTheDefinition(int dilation) {
    AttentionSpec spec = spec(4, 2, 20).dilation(dilation).softcap(4);
    for (boolean causal : new boolean[] {false, true}) {
      Case c = new Case(causal ? spec.window(FREE, 0) : spec, 70, 230);
      Matrix all = bias(70, 233);
      c.assertDefinition(AttentionExtras.none().bias(all), (h, i, j) -> all.get(i, j));
      Matrix one = bias(1, 230);
      c.assertDefinition(AttentionExtras.none().bias(one), (h, i, j) -> one.get(0, j));
      Matrix each = bias(4 * 75, 230);
      c.assertDefinition(
          AttentionExtras.none().pairBias(each), (h, i, j) -> each.get(h * 75 + i, j));
      Matrix eachOne = bias(4, 231);
      c.assertDefinition(AttentionExtras.none().pairBias(eachOne), (h, i, j) -> eachOne.get(h, j));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void masksAgreeWithTheDefinition(int dilation) {
    AttentionSpec spec = spec(4, 2, 20).dilation(dilation).alibi();
    Case c = new Case(spec, 70, 230);
    ByteMatrix mask = mask(70, 240);
    c.assertDefinition(AttentionExtras.none().mask(mask), (h, i, j) -> hidden(mask.get(i, j)));
    ByteMatrix keys = mask(1, 230);
    c.assertDefinition(AttentionExtras.none().keyMask(keys), (h, i, j) -> hidden(keys.get(0, j)));
    Matrix bias = bias(70, 230);
    c.assertDefinition(
        AttentionExtras.none().mask(mask).bias(bias),
        (h, i, j) -> hidden(mask.get(i, j)) + bias.get(i, j));
  }

  /** Values in [-1, 1), and a hidden key here and there. */
  private static Matrix bias(int rows, int columns) {
    Matrix bias = GuardedMatrix.random(50, rows, columns).matrix();
    SplittableRandom random = new SplittableRandom(51);
    for (int i = 0; i < rows * columns / 9; i++) {
      bias.set(random.nextInt(rows), random.nextInt(columns), Float.NEGATIVE_INFINITY);
    }
    return bias;
  }

  private static ByteMatrix mask(int rows, int columns) {
    ByteMatrix mask = ByteMatrix.allocate(Arena.ofAuto(), rows, columns);
    SplittableRandom random = new SplittableRandom(52);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        mask.set(i, j, (byte) random.nextInt(-1, 2));
      }
    }
    return mask;
  }

  private static double hidden(byte mask) {
    return mask == 0 ? Double.NEGATIVE_INFINITY : 0;
  }

  @Test
  void theLowestFloatIsNoMask() {
    Matrix q = Seeds.matrix(60, 3, 16);
    Matrix k = Seeds.matrix(61, 200, 16);
    Matrix v = Seeds.matrix(62, 200, 16);
    Matrix bias = Matrix.allocate(Arena.ofAuto(), 3, 200);
    bias.rowRange(0, 1).fill(-Float.MAX_VALUE);
    bias.rowRange(1, 1).fill(Float.NEGATIVE_INFINITY);
    Matrix out = GuardedMatrix.poisoned(3, 16).matrix();
    Matrix sums = GuardedMatrix.poisoned(3, 1).matrix();
    Attention.prepare(runtime, spec(1, 1, 16))
        .run(q, k, v, out, AttentionExtras.none().bias(bias).logSumExp(sums));
    for (int d = 0; d < 16; d++) {
      double mean = 0;
      for (int j = 0; j < 200; j++) {
        mean += v.get(j, d) / 200.0;
      }
      Bounds.assertClose(mean, out.get(0, d), 2 * Bounds.gamma(203), "mean " + d);
      assertEquals(0f, out.get(1, d));
      assertTrue(out.get(2, d) != 0f);
    }
    assertEquals(Float.NEGATIVE_INFINITY, sums.get(1, 0));
  }

  /** What a query does not see never reaches it, whatever hides it. */
  @Test
  void hiddenNaNsDoNotLeakAndVisibleOnesShow() {
    int n = 200;
    BlockMask blocks = BlockMask.strided(16, n, 0, 4);
    ByteMatrix mask = mask(n, n);
    Matrix bias = bias(n, n);
    assertNoLeak(spec(1, 1, 16).window(30, 10), AttentionExtras.none(), (h, i, j) -> 0);
    assertNoLeak(spec(1, 1, 16).dilation(3), AttentionExtras.none(), (h, i, j) -> 0);
    assertNoLeak(
        spec(1, 1, 16).blockMask(blocks).sinks(List.of(1f)),
        AttentionExtras.none(),
        (h, i, j) -> blocks.sees(i / 16, j / 16) ? 0 : Double.NEGATIVE_INFINITY);
    assertNoLeak(
        spec(1, 1, 16).softcap(3).alibi(),
        AttentionExtras.none().mask(mask),
        (h, i, j) -> hidden(mask.get(i, j)));
    assertNoLeak(spec(1, 1, 16), AttentionExtras.none().bias(bias), (h, i, j) -> bias.get(i, j));
  }

  private static void assertNoLeak(
      AttentionSpec spec, AttentionExtras extras, AttentionReference.Bias bias) {
    Case c = new Case(spec, 200, 200);
    Attention attention = Attention.prepare(runtime, spec);
    Matrix clean = Matrix.allocate(Arena.ofAuto(), 200, 16);
    attention.run(c.q, c.k, c.v, clean, extras);
    double[][] weights = c.reference(bias).weights(c.q, c.k, 0);
    for (int poisoned : new int[] {0, 77, 130}) {
      for (Matrix target : new Matrix[] {c.k, c.v}) {
        for (float hazard : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
          float kept = target.get(poisoned, 3);
          target.set(poisoned, 3, target == c.k ? Float.NaN : hazard);
          Matrix out = GuardedMatrix.poisoned(200, 16).matrix();
          attention.run(c.q, c.k, c.v, out, extras);
          target.set(poisoned, 3, kept);
          for (int i = 0; i < 200; i++) {
            if (weights[i][poisoned] == 0) {
              Bounds.assertSameBits(clean.rowRange(i, 1), out.rowRange(i, 1));
            } else {
              assertTrue(!Float.isFinite(out.get(i, 3)), "query " + i + " sees " + poisoned);
            }
          }
        }
      }
    }
  }

  @Test
  void bitsDoNotDependOnChunks() {
    int tokens = 300;
    Matrix q = Seeds.matrix(12, tokens, 6 * 24);
    Matrix k = Seeds.matrix(13, tokens, 2 * 24);
    Matrix v = Seeds.matrix(14, tokens, 2 * 24);
    AttentionSpec base = spec(6, 2, 24).window(FREE, 0);
    for (AttentionSpec spec :
        List.of(
            base.window(70, 0),
            base.dilation(3),
            base.alibi().softcap(5),
            base.blockMask(BlockMask.bigBird(32, tokens, 1, 1, 1, 3)))) {
      Attention attention = Attention.prepare(runtime, spec);
      Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 6 * 24);
      attention.run(q, k, v, expected);
      for (int chunk : new int[] {129, 7, 1}) {
        Matrix out = GuardedMatrix.poisoned(tokens, 6 * 24).matrix();
        for (int at = 0; at < tokens; at += chunk) {
          int count = Math.min(chunk, tokens - at);
          int seen = at + count;
          attention.run(
              q.rowRange(at, count),
              k.rowRange(0, seen),
              v.rowRange(0, seen),
              out.rowRange(at, count));
        }
        if (chunk == 1 && spec.dilation() == 1) {
          Bounds.assertRowsClose(expected, out, 1e-5); // decoded, in another order
        } else {
          Bounds.assertSameBits(expected, out);
        }
      }
    }
  }

  @Test
  void extrasOfARaggedBatchEqualThoseOfItsSequences() {
    int[] queryOffsets = {0, 5, 5, 70};
    int[] keyOffsets = {0, 9, 12, 77};
    Attention attention = Attention.prepare(runtime, spec(4, 2, 16).window(FREE, 2));
    Matrix q = Seeds.matrix(15, 70, 64);
    Matrix k = Seeds.matrix(16, 77, 32);
    Matrix pair = bias(4 * 65, 65);
    Matrix all = bias(70, 65);
    ByteMatrix keyMask = mask(3, 65);
    AttentionExtras extras = AttentionExtras.none().pairBias(pair).keyMask(keyMask);
    Matrix out = GuardedMatrix.poisoned(70, 64).matrix();
    Matrix sums = GuardedMatrix.poisoned(70, 4).matrix();
    Matrix other = GuardedMatrix.poisoned(70, 64).matrix();
    attention.run(q, k, k, out, queryOffsets, keyOffsets, extras.logSumExp(sums));
    attention.run(q, k, k, other, queryOffsets, keyOffsets, AttentionExtras.none().bias(all));
    for (int s = 0; s < 3; s++) {
      int first = queryOffsets[s];
      int count = queryOffsets[s + 1] - first;
      int keys = keyOffsets[s + 1] - keyOffsets[s];
      Matrix kS = k.rowRange(keyOffsets[s], keys);
      ByteMatrix maskS =
          new ByteMatrix(keyMask.segment(), s * keyMask.rowStride(), 1, 65, keyMask.rowStride());
      Matrix alone = Matrix.allocate(Arena.ofAuto(), count, 64);
      Matrix sumsAlone = Matrix.allocate(Arena.ofAuto(), count, 4);
      AttentionExtras extrasS =
          AttentionExtras.none().pairBias(pair).keyMask(maskS).logSumExp(sumsAlone);
      attention.run(q.rowRange(first, count), kS, kS, alone, extrasS);
      Bounds.assertSameBits(alone, out.rowRange(first, count));
      Bounds.assertSameBits(sumsAlone, sums.rowRange(first, count));
      if (count > 0) {
        AttentionExtras allS = AttentionExtras.none().bias(all.rowRange(first, count));
        attention.run(q.rowRange(first, count), kS, kS, alone, allS);
        Bounds.assertSameBits(alone, other.rowRange(first, count));
      }
    }
  }

  @Test
  void wrongSpecsAndExtrasAreNamedAndNothingIsWritten() {
    AttentionSpec spec = spec(2, 2, 8);
    assertNames("valueDim", () -> spec.valueDim(257));
    assertNames("left", () -> spec.window(-1, 0));
    assertNames("right", () -> spec.window(0, -1));
    assertNames("dilation", () -> spec.dilation(0));
    assertNames("softcap", () -> spec.softcap(-1));
    assertNames("alibiSlopes", () -> spec.alibi(List.of(1f)));
    assertNames("sinks", () -> spec.sinks(List.of(1f, Float.NaN)));
    BlockMask mask = BlockMask.strided(4, 8, 0, 2);
    assertNames("dilation", () -> spec.dilation(2).blockMask(mask));
    assertNames("columns", () -> BlockMask.of(4, new int[] {0, 2}, new int[] {0, 0}));
    assertNames("columns", () -> BlockMask.of(4, new int[] {0, 1}, new int[] {1}));
    assertNames("rowStarts", () -> BlockMask.of(4, new int[] {0, 2, 1}, new int[] {0}));
    Matrix q = Seeds.matrix(70, 9, 16);
    GuardedMatrix out = GuardedMatrix.poisoned(9, 16);
    Attention attention = Attention.prepare(runtime, spec);
    AttentionExtras none = AttentionExtras.none();
    Matrix narrow = Seeds.matrix(71, 9, 8);
    assertNames("bias", () -> attention.run(q, q, q, out.matrix(), none.bias(narrow)));
    assertNames("bias", () -> attention.run(q, q, q, out.matrix(), none.bias(q.rowRange(0, 8))));
    assertNames("bias", () -> attention.run(q, q, q, out.matrix(), none.bias(out.matrix())));
    assertNames("pairBias", () -> attention.run(q, q, q, out.matrix(), none.pairBias(q)));
    ByteMatrix few = mask(8, 9);
    assertNames("mask", () -> attention.run(q, q, q, out.matrix(), none.mask(few)));
    assertNames("keyMask", () -> attention.run(q, q, q, out.matrix(), none.keyMask(few)));
    assertNames("logSumExp", () -> attention.run(q, q, q, out.matrix(), none.logSumExp(q)));
    Matrix sums = q.columnRange(0, 2);
    assertNames("q", () -> attention.run(q, q, q, out.matrix(), none.logSumExp(sums)));
    assertNames("bias", () -> none.bias(q).pairBias(q));
    assertNames("mask", () -> none.mask(few).keyMask(few));
    Attention blocked = Attention.prepare(runtime, spec.blockMask(mask));
    assertNames("keys", () -> blocked.run(q, q, q, out.matrix()));
    assertNames("queries", () -> blocked.run(q, q.rowRange(0, 8), q.rowRange(0, 8), out.matrix()));
    assertNames("head", () -> attention.weights(q, q, 2, out.matrix(), none));
    assertNames("out", () -> attention.weights(q, q, 1, out.matrix(), none));
    for (float x : out.matrix().toArray()) {
      assertTrue(Float.isNaN(x));
    }
  }

  @Test
  void alibiSlopesAreThoseOfThePaper() {
    assertEquals(List.of(0.25f, 0.0625f, 0.015625f, 0.00390625f), AlibiSlopes.of(4));
    assertEquals(List.of(0.0625f, 0.00390625f, 0.25f), AlibiSlopes.of(3));
  }

  /** One problem, and its bounds. */
  private static final class Case {
    private final AttentionSpec spec;
    private final Matrix q;
    private final Matrix k;
    private final Matrix v;

    Case(AttentionSpec spec, int queries, int keys) {
      this.spec = spec;
      q = GuardedMatrix.random(1, queries, spec.numHeads() * spec.headDim()).matrix();
      k = GuardedMatrix.random(2, keys, spec.numKvHeads() * spec.headDim()).matrix();
      v = GuardedMatrix.random(3, keys, spec.numKvHeads() * spec.valueDim()).matrix();
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
      largest += farthest + 1;
      error += 4 * Bounds.U * (farthest + 1) + 2 * Bounds.U * largest;
      // The shift by the maximum, the sink's rounding to base 2.
      double sink = spec.sinks().stream().mapToDouble(Math::abs).max().orElse(0);
      return error + 2 * Bounds.U * (largest + sink);
    }

    double weightError() {
      int blocks = k.rows() / AttentionTile.KEY_BLOCK + 1;
      return Math.expm1(2 * scoreError()) + 4 * Bounds.U * (1 + blocks);
    }

    void assertDefinition(AttentionExtras extras, AttentionReference.Bias bias) {
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
  }
}
