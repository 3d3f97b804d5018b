package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.activation.ActivationReference;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Gemma and Qwen need beside the usual: norms of heads, bounded logits, plain sums. */
class RowOperationsOfModelsTest {
  private static final double U = Bounds.U;
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** A head's result is that of a row of its own: which RowOperationsTest compares. */
  @Test
  void normsOfHeadsHaveTheBitsOfNormsOfRows() {
    for (int headDim : new int[] {1, 7, 15, 16, 33, 64, 128, 256}) {
      for (int heads : new int[] {1, 2, 5}) {
        GuardedMatrix x = GuardedMatrix.random(3, 300, heads * headDim);
        Matrix gamma = Seeds.matrix(4, 1, headDim);
        GuardedMatrix out = GuardedMatrix.poisoned(300, heads * headDim);
        RmsNorm norm = RmsNorm.prepareHeads(runtime, heads, gamma, 1e-6f);
        norm.run(x.matrix(), out.matrix());
        Matrix expected = GuardedMatrix.poisoned(300, heads * headDim).matrix();
        RmsNorm one = RmsNorm.prepare(runtime, gamma, 1e-6f);
        for (int head = 0; head < heads; head++) {
          one.run(
              x.matrix().columnRange(head * headDim, headDim),
              expected.columnRange(head * headDim, headDim));
        }
        Bounds.assertSameBits(expected, out.matrix());
        norm.run(x.matrix(), x.matrix());
        Bounds.assertSameBits(expected, x.matrix());
        x.assertBordersIntact();
        out.assertBordersIntact();
      }
    }
  }

  @Test
  void boundedNumbersAgreeWithTheDefinition() {
    for (float cap : new float[] {1e-3f, 1, 30, 1e4f}) {
      for (int n : new int[] {1, 15, 16, 17, 4097}) {
        GuardedMatrix x = GuardedMatrix.random(5, 3, n);
        for (int i = 0; i < n; i++) {
          x.matrix().set(0, i, x.matrix().get(0, i) * 300);
          x.matrix().set(1, i, x.matrix().get(1, i) * 1e-20f);
        }
        GuardedMatrix out = GuardedMatrix.poisoned(3, n);
        Softcap.prepare(runtime, cap).run(x.matrix(), out.matrix());
        for (int r = 0; r < 3; r++) {
          for (int i = 0; i < n; i++) {
            double expected = ActivationReference.softcap(x.matrix().get(r, i), cap);
            double bound = 12 * U * Math.abs(expected) + 1e-37 * Math.max(1, cap);
            Bounds.assertClose(expected, out.matrix().get(r, i), bound, "(" + r + ", " + i + ")");
          }
        }
        out.assertBordersIntact();
        Softcap.prepare(runtime, cap).run(x.matrix(), x.matrix());
        Bounds.assertSameBits(out.matrix(), x.matrix());
      }
    }
  }

  @Test
  void boundedNumbersAtTheEdges() {
    float[] x = {Float.NaN, Float.POSITIVE_INFINITY, 1e30f, -1e30f, 0, Float.NEGATIVE_INFINITY};
    Matrix out = Matrix.copyOf(Arena.ofAuto(), 1, x.length, x);
    Softcap.prepare(runtime, 30).run(out, out);
    assertArrayEquals(new float[] {Float.NaN, 30, 30, -30, 0, -30}, out.toArray());
    for (float cap : new float[] {0, -1, Float.NaN, 1e7f}) {
      assertThrows(IllegalArgumentException.class, () -> Softcap.prepare(runtime, cap));
    }
  }

  @Test
  void sumsAreRoundedOnce() {
    for (int n : new int[] {1, 15, 16, 17, 1000}) {
      GuardedMatrix x = GuardedMatrix.random(6, 40, n);
      GuardedMatrix sum = GuardedMatrix.random(7, 40, n);
      float[] before = sum.matrix().toArray();
      float[] added = x.matrix().toArray();
      Accumulate.prepare(runtime).run(x.matrix(), sum.matrix());
      float[] after = sum.matrix().toArray();
      for (int i = 0; i < after.length; i++) {
        assertEquals(before[i] + added[i], after[i]);
      }
      sum.assertBordersIntact();
    }
  }

  @Test
  void runsAllocateNothing() {
    Matrix x = Seeds.matrix(8, 33, 10 * 26);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 33, 10 * 26);
    RmsNorm norm = RmsNorm.prepareHeads(runtime, 10, Seeds.matrix(9, 1, 26), 1e-6f);
    Softcap softcap = Softcap.prepare(runtime, 30);
    Accumulate accumulate = Accumulate.prepare(runtime);
    assertTrue(norm.warmUp() && softcap.warmUp() && accumulate.warmUp());
    assertEquals(
        0,
        Allocation.ofCompiled(
            () -> {
              norm.run(x, out);
              softcap.run(out, out);
              accumulate.run(x, out);
            }));
  }

  @Test
  void wrongArgumentsAreNamed() {
    Matrix gamma = Seeds.matrix(10, 1, 8);
    Matrix x = Seeds.matrix(11, 3, 24);
    refuses("numHeads is 0", () -> RmsNorm.prepareHeads(runtime, 0, gamma, 1e-6f));
    refuses("gamma", () -> RmsNorm.prepareHeads(runtime, 3, Seeds.matrix(12, 2, 8), 1e-6f));
    RmsNorm norm = RmsNorm.prepareHeads(runtime, 2, gamma, 1e-6f);
    refuses("x has 24 columns, must have 16", () -> norm.run(x, x));
    Accumulate accumulate = Accumulate.prepare(runtime);
    refuses("sum", () -> accumulate.run(x, x.columnRange(0, 23)));
    refuses("sum", () -> accumulate.run(x.rowRange(0, 2), x.rowRange(1, 2).columnRange(0, 24)));
    refuses("out", () -> Softcap.prepare(runtime, 1).run(x, x.rowRange(0, 2)));
  }

  private static void refuses(String words, Runnable call) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
    assertTrue(message.startsWith(words), message);
  }
}
