package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Biases and masks, of every kind and combined, against the definition. */
class AttentionExtrasTest {
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

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void biasesAgreeWithTheDefinition(int dilation) {
    AttentionSpec spec = AttentionCase.spec(4, 2, 20).dilation(dilation).softcap(4);
    for (boolean causal : new boolean[] {false, true}) {
      AttentionCase c = new AttentionCase(causal ? spec.window(FREE, 0) : spec, 70, 230);
      Matrix all = AttentionCase.bias(70, 233);
      c.assertDefinition(runtime, AttentionExtras.none().bias(all), (h, i, j) -> all.get(i, j));
      Matrix one = AttentionCase.bias(1, 230);
      c.assertDefinition(runtime, AttentionExtras.none().bias(one), (h, i, j) -> one.get(0, j));
      Matrix each = AttentionCase.bias(4 * 75, 230);
      c.assertDefinition(
          runtime, AttentionExtras.none().pairBias(each), (h, i, j) -> each.get(h * 75 + i, j));
      Matrix eachOne = AttentionCase.bias(4, 231);
      c.assertDefinition(
          runtime, AttentionExtras.none().pairBias(eachOne), (h, i, j) -> eachOne.get(h, j));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void masksAgreeWithTheDefinition(int dilation) {
    AttentionSpec spec = AttentionCase.spec(4, 2, 20).dilation(dilation).alibi();
    AttentionCase c = new AttentionCase(spec, 70, 230);
    ByteMatrix mask = AttentionCase.mask(70, 240);
    c.assertDefinition(
        runtime,
        AttentionExtras.none().mask(mask),
        (h, i, j) -> AttentionCase.hidden(mask.get(i, j)));
    ByteMatrix keys = AttentionCase.mask(1, 230);
    c.assertDefinition(
        runtime,
        AttentionExtras.none().keyMask(keys),
        (h, i, j) -> AttentionCase.hidden(keys.get(0, j)));
    Matrix bias = AttentionCase.bias(70, 230);
    c.assertDefinition(
        runtime,
        AttentionExtras.none().mask(mask).bias(bias),
        (h, i, j) -> AttentionCase.hidden(mask.get(i, j)) + bias.get(i, j));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void bothBiasesAndBothMasksTogether(int dilation) {
    BlockMask blocks = BlockMask.bigBird(16, 230, 1, 1, 2, 5);
    AttentionSpec plain = AttentionCase.spec(4, 2, 20).dilation(dilation);
    for (AttentionSpec spec : List.of(plain, plain.window(90, 0).blockMask(blocks))) {
      boolean blocked = spec.blockMask() != null;
      for (int queries : new int[] {70, 1}) {
        AttentionCase c = new AttentionCase(spec, queries, 230);
        Matrix all = AttentionCase.bias(queries, 230);
        ByteMatrix mask = AttentionCase.mask(queries, 231);
        ByteMatrix keys = AttentionCase.mask(1, 230);
        for (int rows : new int[] {75, 1}) {
          Matrix each = AttentionCase.bias(4 * rows, 232);
          AttentionExtras extras = AttentionExtras.none().bias(all).pairBias(each);
          c.assertDefinition(
              runtime,
              extras.mask(mask).keyMask(keys),
              (h, i, j) ->
                  all.get(i, j)
                      + each.get(h * rows + (rows == 1 ? 0 : i), j)
                      + AttentionCase.hidden(mask.get(i, j))
                      + AttentionCase.hidden(keys.get(0, j))
                      + (!blocked || blocks.sees((i + 230 - queries) / 16, j / 16)
                          ? 0
                          : Double.NEGATIVE_INFINITY));
        }
      }
    }
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
    Attention.prepare(runtime, AttentionCase.spec(1, 1, 16))
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
    // Not with another of its kind beside it, either.
    Matrix both = GuardedMatrix.poisoned(3, 16).matrix();
    Attention.prepare(runtime, AttentionCase.spec(1, 1, 16))
        .run(q, k, v, both, AttentionExtras.none().bias(bias).pairBias(bias));
    Bounds.assertSameBits(out.rowRange(0, 2), both.rowRange(0, 2));
  }

  @Test
  void extrasOfARaggedBatchEqualThoseOfItsSequences() {
    int[] queryOffsets = {0, 5, 5, 70};
    int[] keyOffsets = {0, 9, 12, 77};
    Attention attention = Attention.prepare(runtime, AttentionCase.spec(4, 2, 16).window(FREE, 2));
    Matrix q = Seeds.matrix(15, 70, 64);
    Matrix k = Seeds.matrix(16, 77, 32);
    Matrix pair = AttentionCase.bias(4 * 65, 65);
    Matrix all = AttentionCase.bias(70, 65);
    ByteMatrix keyMask = AttentionCase.mask(3, 65);
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
}
