package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the softmax of decoding carries from a block of a chunk to the next. */
class DecodeBlocksTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Chunks of two blocks: scores rise from the first to the second, fall, or begin there. */
  @ParameterizedTest
  @EnumSource(Storage.class)
  void laterBlocksOfAChunk(Storage storage) {
    int keys = 2_305;
    AttentionSpec spec = AttentionSpec.of(6, 3, 20, false).scale(10);
    Attention attention = Attention.prepare(runtime, spec);
    Matrix q = Seeds.matrix(30, 1, 6 * 20);
    MatrixView v = DecodeTest.stored(storage, 32, keys, 3 * 20);
    for (int quietBlock : new int[] {0, 1, 2}) {
      MatrixView k = DecodeTest.stored(storage, 31, keys, 3 * 20);
      for (int row = 0; row < keys; row++) {
        for (int i = 0; i < k.columns() && row / DecodeTest.BLOCK % 2 == quietBlock; i++) {
          k.set(row, i, k.get(row, i) / 64);
        }
      }
      GuardedMatrix out = GuardedMatrix.poisoned(1, 6 * 20);
      attention.run(q, KvView.contiguous(k, v), out.matrix());
      DecodeTest.assertDefinition(
          spec, q, DecodeTest.floats(k), DecodeTest.floats(v), out.matrix());

      ByteMatrix mask = ByteMatrix.allocate(Arena.ofAuto(), 1, keys);
      for (int key = DecodeTest.BLOCK + 7; key < keys; key++) {
        mask.set(0, key, (byte) 1);
      }
      attention.run(q, KvView.contiguous(k, v), out.matrix(), AttentionExtras.none().mask(mask));
      Matrix seenK =
          DecodeTest.floats(k).rowRange(DecodeTest.BLOCK + 7, keys - DecodeTest.BLOCK - 7);
      Matrix seenV =
          DecodeTest.floats(v).rowRange(DecodeTest.BLOCK + 7, keys - DecodeTest.BLOCK - 7);
      DecodeTest.assertDefinition(spec, q, seenK, seenV, out.matrix());
      out.assertBordersIntact();
    }
  }

  /**
   * From 2^27 on floats are 16 apart: a weight must not be 2^16 there, which times the factor of
   * binary16 is Infinity.
   */
  @Test
  void scoresThatGrowByAStepOfSixteen() {
    int keys = 2_305;
    Matrix q = Matrix.allocate(Arena.ofAuto(), 1, 3 * 32);
    MatrixView k = DecodeTest.empty(Storage.F16, keys, 3 * 32);
    for (int head = 0; head < 3; head++) {
      q.set(0, head * 32, 1 + head * 0x1p-23f); // of odd steps and of even ones
      q.set(0, head * 32 + 1, 1);
      for (int row = 0; row < keys; row++) {
        k.set(row, head * 32, 2048);
        k.set(row, head * 32 + 1, row == DecodeTest.BLOCK + 44 ? 0x1p-12f : 0);
      }
    }
    MatrixView v = DecodeTest.stored(Storage.F16, 34, keys, 3 * 32);
    Matrix out = GuardedMatrix.poisoned(1, 3 * 32).matrix();
    AttentionSpec spec = AttentionSpec.of(3, 3, 32, false).scale((float) (70_000 * Math.log(2)));
    Attention.prepare(runtime, spec).run(q, KvView.contiguous(k, v), out);
    for (int i = 0; i < out.columns(); i++) {
      // 2,304 weights of 2^-16 and one of 1.
      assertEquals(v.get(DecodeTest.BLOCK + 44, i), out.get(0, i), 2 * 2_304 * 0x1p-16 + 1e-5);
    }
  }
}
