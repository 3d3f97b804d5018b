package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Specifications and extras that are refused, and what ALiBi is by default. */
class AttentionArgumentsTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @Test
  void wrongSpecsAndExtrasAreNamedAndNothingIsWritten() {
    AttentionSpec spec = AttentionCase.spec(2, 2, 8);
    assertNames("valueDim", () -> spec.valueDim(257));
    assertNames("left", () -> spec.window(-1, 0));
    assertNames("right", () -> spec.window(0, -1));
    assertNames("dilation", () -> spec.dilation(0));
    assertNames("softcap", () -> spec.softcap(-1));
    assertNames("alibiSlopes", () -> spec.alibi(List.of(1f)));
    assertNames("sinks", () -> spec.sinks(List.of(1f, Float.NaN)));
    BlockMask mask = BlockMask.strided(4, 8, 0, 2);
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
    ByteMatrix few = AttentionCase.mask(8, 9);
    assertNames("mask", () -> attention.run(q, q, q, out.matrix(), none.mask(few)));
    assertNames("keyMask", () -> attention.run(q, q, q, out.matrix(), none.keyMask(few)));
    assertNames("logSumExp", () -> attention.run(q, q, q, out.matrix(), none.logSumExp(q)));
    Matrix sums = q.columnRange(0, 2);
    assertNames("q", () -> attention.run(q, q, q, out.matrix(), none.logSumExp(sums)));
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
}
