package io.github.lanewise.op;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Heads that share a call of a tile, against each of them alone. */
class DecodeHeadsTest {
  private static final int KV_HEADS = 5;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(1); // several threads would share the heads
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 64", "1, 20", "2, 32", "2, 80", "3, 32", "4, 64", "4, 24", "8, 16", "9, 128"})
  void headsHaveTheSameBitsAloneAndTogether(int group, int headDim) {
    for (Storage storage : Storage.values()) {
      for (int keys : new int[] {1, 6, 31, 32, 254, 300}) {
        Matrix q = Seeds.matrix(1, 1, KV_HEADS * group * headDim);
        MatrixView k = DecodeTest.stored(storage, 2, keys, KV_HEADS * headDim);
        MatrixView v = DecodeTest.stored(storage, 3, keys, KV_HEADS * headDim);
        Matrix out = GuardedMatrix.poisoned(1, q.columns()).matrix();
        AttentionSpec all = AttentionSpec.of(KV_HEADS * group, KV_HEADS, headDim, true);
        Attention.prepare(runtime, all).run(q, KvView.contiguous(k, v), out);
        Attention alone = Attention.prepare(runtime, AttentionSpec.of(group, 1, headDim, true));
        for (int head = 0; head < KV_HEADS; head++) {
          int first = head * group * headDim;
          GuardedMatrix its = GuardedMatrix.poisoned(1, group * headDim);
          MatrixView itsK = k.columnRange(head * headDim, headDim);
          MatrixView itsV = v.columnRange(head * headDim, headDim);
          Matrix itsQ = q.columnRange(first, group * headDim);
          alone.run(itsQ, KvView.contiguous(itsK, itsV), its.matrix());
          Bounds.assertSameBits(out.columnRange(first, group * headDim), its.matrix());
          its.assertBordersIntact();
        }
      }
    }
  }
}
