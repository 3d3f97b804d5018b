package io.github.lanewise.op;

import static io.github.lanewise.testing.Errors.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention at the ends of what its arguments may be. */
class AttentionEdgesTest {
  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Whatever tile or chunk a query falls into, an infinite value that it sees is its output. */
  @ParameterizedTest
  @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aVisibleInfinityStaysOne(float infinity) {
    int block = AttentionTile.KEY_BLOCK;
    int n = block + 2;
    Matrix q = Seeds.matrix(1, n, 16);
    Matrix k = Seeds.matrix(2, n, 16);
    Matrix v = Seeds.matrix(3, n, 16);
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(1, 1, 16, true));
    for (int poisoned : new int[] {0, 1, 63, 64, 100, block - 1, block, n - 1}) {
      float kept = v.get(poisoned, 3);
      v.set(poisoned, 3, infinity);
      for (int chunk : new int[] {n, 100, 30, 16, 1}) {
        Matrix out = GuardedMatrix.poisoned(n, 16).matrix();
        for (int at = 0; at < n; at += chunk) {
          int count = Math.min(chunk, n - at);
          Matrix keys = k.rowRange(0, at + count);
          Matrix values = v.rowRange(0, at + count);
          attention.run(q.rowRange(at, count), keys, values, out.rowRange(at, count));
        }
        for (int i = poisoned; i < n; i++) {
          assertEquals(infinity, out.get(i, 3), "query %d, chunk %d".formatted(i, chunk));
        }
      }
      v.set(poisoned, 3, kept);
    }
  }

  /** A dilation makes no more parts than there are queries, however long it is. */
  @Test
  void aLargeDilationOfManyShortSequences() {
    int count = 40_000; // times the dilation is more than an int holds
    int[] offsets = IntStream.rangeClosed(0, count).toArray();
    Matrix q = Seeds.matrix(1, count, 4);
    Matrix v = Seeds.matrix(2, count, 4);
    Matrix out = GuardedMatrix.poisoned(count, 4).matrix();
    AttentionSpec spec = AttentionSpec.of(1, 1, 4, true).dilation(Attention.MAX_DILATION);
    Attention.prepare(runtime, spec).run(q, q, v, out, offsets, offsets);
    Bounds.assertSameBits(v, out); // each query sees itself
  }

  /** What is finite in base e must be so in base 2, in which kernels compute. */
  @Test
  void numbersThatWouldOverflowAreRefused() {
    AttentionSpec spec = AttentionSpec.of(1, 1, 4, true);
    for (float x : new float[] {3e38f, -3e38f, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertNames("scale", () -> spec.scale(x));
      assertNames("softcap", () -> spec.softcap(x));
      assertNames("sinks", () -> spec.sinks(List.of(x)));
      assertNames("alibiSlopes", () -> spec.alibi(List.of(x)));
    }
    assertNames("softcap", () -> spec.softcap(Float.MIN_VALUE));
    assertNames("alibiSlopes", () -> spec.dilation(1000).alibi(List.of(1e36f)));
  }

  /** 2^19 rows: a bit for each pair would be 32 GiB. */
  @Test
  void aBlockMaskOfManyRowsTakesOnlyWhatItSees() {
    int rows = 1 << 19;
    BlockMask mask = BlockMask.bigBird(1, rows, 1, 0, 0, 1);
    assertEquals(3L * rows - 2, mask.count());
    assertEquals(3L * rows - 2, BlockMask.strided(1, rows, 1, rows + 1).count());
    assertNames("positions", () -> BlockMask.strided(1, Attention.MAX_KEYS + 1, 1, 1));
  }

  @Test
  void weightsStoreTheLogSumExpThatARunStores() {
    Matrix q = Seeds.matrix(1, 140, 32);
    Matrix k = Seeds.matrix(2, 300, 16);
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(2, 1, 16, true));
    Matrix sums = GuardedMatrix.poisoned(140, 2).matrix();
    Matrix out = GuardedMatrix.poisoned(140, 32).matrix();
    attention.run(q, k, k, out, AttentionExtras.none().logSumExp(sums));
    Matrix same = GuardedMatrix.poisoned(140, 2).matrix();
    Matrix weights = GuardedMatrix.poisoned(280, 300).matrix();
    attention.weights(q, k, weights, AttentionExtras.none().logSumExp(same));
    Bounds.assertRowsClose(sums, same, 1e-6);
    Matrix one = GuardedMatrix.poisoned(140, 2).matrix();
    AttentionExtras extras = AttentionExtras.none().logSumExp(one);
    attention.weights(q, k, 1, weights.rowRange(0, 140), extras);
    Bounds.assertSameBits(same.columnRange(1, 1), one.columnRange(1, 1));
  }
}
