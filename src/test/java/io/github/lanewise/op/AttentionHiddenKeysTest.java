package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionReference;
import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Keys that a query does not see, whatever hides them. */
class AttentionHiddenKeysTest {
  /** More than a block of keys. */
  private static final int TOKENS = AttentionTile.KEY_BLOCK + 12;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** What a query does not see never reaches it, whatever hides it. */
  @Test
  void hiddenNaNsDoNotLeakAndVisibleOnesShow() {
    BlockMask blocks = BlockMask.strided(16, TOKENS, 0, 4);
    ByteMatrix mask = AttentionCase.mask(TOKENS, TOKENS);
    Matrix bias = AttentionCase.bias(TOKENS, TOKENS);
    assertNoLeak(
        AttentionCase.spec(1, 1, 16).window(30, 10), AttentionExtras.none(), (h, i, j) -> 0);
    assertNoLeak(AttentionCase.spec(1, 1, 16).dilation(3), AttentionExtras.none(), (h, i, j) -> 0);
    assertNoLeak(
        AttentionCase.spec(1, 1, 16).blockMask(blocks).sinks(List.of(1f)),
        AttentionExtras.none(),
        (h, i, j) -> blocks.sees(i / 16, j / 16) ? 0 : Double.NEGATIVE_INFINITY);
    assertNoLeak(
        AttentionCase.spec(1, 1, 16).softcap(3).alibi(),
        AttentionExtras.none().mask(mask),
        (h, i, j) -> AttentionCase.hidden(mask.get(i, j)));
    assertNoLeak(
        AttentionCase.spec(1, 1, 16),
        AttentionExtras.none().bias(bias),
        (h, i, j) -> bias.get(i, j));
    ByteMatrix keys = AttentionCase.mask(1, TOKENS);
    assertNoLeak(
        AttentionCase.spec(1, 1, 16).dilation(2).blockMask(blocks),
        AttentionExtras.none().bias(bias).pairBias(bias).mask(mask).keyMask(keys),
        (h, i, j) ->
            2 * bias.get(i, j)
                + AttentionCase.hidden(mask.get(i, j))
                + AttentionCase.hidden(keys.get(0, j))
                + (blocks.sees(i / 16, j / 16) ? 0 : Double.NEGATIVE_INFINITY));
  }

  private static void assertNoLeak(
      AttentionSpec spec, AttentionExtras extras, AttentionReference.Bias bias) {
    AttentionCase c = new AttentionCase(spec, TOKENS, TOKENS);
    Attention attention = Attention.prepare(runtime, spec);
    Matrix clean = Matrix.allocate(Arena.ofAuto(), TOKENS, 16);
    attention.run(c.q, c.k, c.v, clean, extras);
    double[][] weights = c.reference(bias).weights(c.q, c.k, 0);
    for (int poisoned : new int[] {0, 77, AttentionTile.KEY_BLOCK, TOKENS - 1}) {
      for (Matrix target : new Matrix[] {c.k, c.v}) {
        for (float hazard : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
          float kept = target.get(poisoned, 3);
          target.set(poisoned, 3, target == c.k ? Float.NaN : hazard);
          Matrix out = GuardedMatrix.poisoned(TOKENS, 16).matrix();
          attention.run(c.q, c.k, c.v, out, extras);
          target.set(poisoned, 3, kept);
          for (int i = 0; i < TOKENS; i++) {
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
}
