package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.AttentionTile;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many queries over caches: tiles that copy, or look up, each block of keys. */
class CachePromptTest {
  private static final int BLOCK = AttentionTile.KEY_BLOCK;

  private static Lanewise runtime;

  @BeforeAll
  static void open() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Dimensions around vectors and pairs of them, keys around blocks. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 80, 128, 200, 256})
  void widenedRowsHaveTheBitsOfFloats(int headDim) {
    Attention attention =
        Attention.prepare(runtime, AttentionSpec.of(2, 1, headDim, true).valueDim(headDim / 2 + 1));
    for (Storage storage : Storage.values()) {
      for (int keys : new int[] {9, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1}) {
        Matrix q = Seeds.matrix(1, 40, 2 * headDim);
        MatrixView k = DecodeTest.stored(storage, 2, keys, headDim);
        MatrixView v = DecodeTest.stored(storage, 3, keys, headDim / 2 + 1);
        Matrix expected = Matrix.allocate(Arena.ofAuto(), 40, 2 * (headDim / 2 + 1));
        attention.run(q, DecodeTest.floats(k), DecodeTest.floats(v), expected);
        GuardedMatrix out = GuardedMatrix.poisoned(40, 2 * (headDim / 2 + 1));
        attention.run(q, KvView.contiguous(k, v), out.matrix());
        Bounds.assertSameBits(expected, out.matrix());
        out.assertBordersIntact();
      }
    }
  }

  static Stream<Arguments> pagesAndRings() {
    return Stream.of(
        Arguments.of(1, 1),
        Arguments.of(3, BLOCK - 1),
        Arguments.of(16, BLOCK),
        Arguments.of(BLOCK - 1, BLOCK + 1),
        Arguments.of(BLOCK, 2 * BLOCK - 1),
        Arguments.of(BLOCK + 1, 2 * BLOCK),
        Arguments.of(2 * BLOCK, 600));
  }

  /** Blocks of keys that begin and end with the ring or a page, and around that. */
  @ParameterizedTest
  @MethodSource("pagesAndRings")
  void blocksThatEndWithPagesAndRings(int pageLength, int firstOfRing) {
    int keys = 700;
    int headDim = 40;
    Matrix q = Seeds.matrix(4, 50, 4 * headDim);
    Matrix k = Seeds.matrix(5, keys, 2 * headDim);
    Matrix v = Seeds.matrix(6, keys, 2 * headDim);
    Matrix ringK = GuardedMatrix.poisoned(keys + 5, 2 * headDim).matrix();
    Matrix ringV = GuardedMatrix.poisoned(keys + 5, 2 * headDim).matrix();
    int pages = Math.ceilDiv(keys, pageLength);
    Matrix pageK = GuardedMatrix.poisoned(pages * pageLength, 2 * headDim).matrix();
    Matrix pageV = GuardedMatrix.poisoned(pages * pageLength, 2 * headDim).matrix();
    int[] table = new int[pages];
    for (int i = 0; i < keys; i++) {
      // Pairs of pages lie in order, so that some blocks are even by chance.
      table[i / pageLength] = pages - 1 - (i / pageLength ^ (pages % 2 == 0 ? 1 : 0));
      int row = table[i / pageLength] * pageLength + i % pageLength;
      DecodeTest.copyRow(k, i, pageK, row);
      DecodeTest.copyRow(v, i, pageV, row);
      DecodeTest.copyRow(k, i, ringK, (firstOfRing + i) % (keys + 5));
      DecodeTest.copyRow(v, i, ringV, (firstOfRing + i) % (keys + 5));
    }
    int[] offsets = {0, 50};
    int[] count = {keys};
    AttentionSpec causal = AttentionSpec.of(4, 2, headDim, true);
    for (AttentionSpec spec :
        new AttentionSpec[] {causal, causal.window(200, 0), causal.dilation(3)}) {
      Attention attention = Attention.prepare(runtime, spec);
      Matrix expected = Matrix.allocate(Arena.ofAuto(), 50, 4 * headDim);
      attention.run(q, k, v, expected);
      Matrix out = GuardedMatrix.poisoned(50, 4 * headDim).matrix();
      KvView ring = KvView.rings(ringK, ringV, keys + 5, new int[] {firstOfRing}, count);
      attention.run(q, ring, out, offsets);
      Bounds.assertSameBits(expected, out);
      out.fill(Float.NaN);
      KvView paged = KvView.pages(pageK, pageV, pageLength, new int[][] {table}, count);
      attention.run(q, paged, out, offsets);
      Bounds.assertSameBits(expected, out);
    }
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void chunksThreadsAndRepeatsGiveTheSameBits(Storage storage) {
    int tokens = 400;
    AttentionSpec spec = AttentionSpec.of(6, 2, 24, true);
    Matrix q = Seeds.matrix(7, tokens, 6 * 24);
    MatrixView k = DecodeTest.stored(storage, 8, tokens, 2 * 24);
    MatrixView v = DecodeTest.stored(storage, 9, tokens, 2 * 24);
    Matrix expected = Matrix.allocate(Arena.ofAuto(), tokens, 6 * 24);
    Attention.prepare(runtime, spec).run(q, KvView.contiguous(k, v), expected);
    for (int threads : new int[] {1, 2, 3}) {
      try (Lanewise other = Lanewise.create(threads)) {
        Attention attention = Attention.prepare(other, spec);
        for (int chunk : new int[] {tokens, 130, 20}) {
          Matrix out = GuardedMatrix.poisoned(tokens, 6 * 24).matrix();
          for (int at = 0; at < tokens; at += chunk) {
            int count = Math.min(chunk, tokens - at);
            KvView view = KvView.contiguous(k.rowRange(0, at + count), v.rowRange(0, at + count));
            attention.run(q.rowRange(at, count), view, out.rowRange(at, count));
          }
          Bounds.assertSameBits(expected, out);
        }
      }
    }
  }

  /** A batch whose partial results take more than one turn, and tiles between. */
  @Test
  void aLargeBatchHasTheBitsOfItsSequences() {
    int sequences = 150;
    int keys = 2_000;
    AttentionSpec spec = AttentionSpec.of(32, 4, 64, true);
    Attention attention = Attention.prepare(runtime, spec);
    int[] offsets = new int[sequences + 1];
    int[] starts = new int[sequences];
    int[] counts = new int[sequences];
    for (int s = 0; s < sequences; s++) {
      offsets[s + 1] = offsets[s] + (s % 40 == 7 ? 20 : 1);
      starts[s] = s;
      counts[s] = keys - s;
    }
    assertTrue(sequences * Attention.partialBytesPerSequence(spec) > Attention.partialBytes(spec));
    assertTrue(Attention.decodes(spec, 1, keys));
    assertFalse(Attention.decodes(spec, 20, keys));
    Matrix q = Seeds.matrix(10, offsets[sequences], 32 * 64);
    Matrix k = Seeds.matrix(11, keys, 4 * 64);
    Matrix v = Seeds.matrix(12, keys, 4 * 64);
    Matrix out = GuardedMatrix.poisoned(q.rows(), 32 * 64).matrix();
    attention.run(q, KvView.contiguous(k, v, starts, counts), out, offsets);
    for (int s = 0; s < sequences; s += 7) {
      int count = offsets[s + 1] - offsets[s];
      Matrix alone = GuardedMatrix.poisoned(count, 32 * 64).matrix();
      attention.run(
          q.rowRange(offsets[s], count),
          k.rowRange(starts[s], counts[s]),
          v.rowRange(starts[s], counts[s]),
          alone);
      Bounds.assertSameBits(alone, out.rowRange(offsets[s], count));
    }
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void aRunAllocatesNothing(Storage storage) {
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(4, 2, 32, true));
    Matrix q = Seeds.matrix(13, 40, 4 * 32);
    MatrixView k = DecodeTest.stored(storage, 14, 300, 2 * 32);
    Matrix out = Matrix.allocate(Arena.ofAuto(), 40, 4 * 32);
    KvView plain = KvView.contiguous(k, k);
    KvView pages = KvView.pages(k, k, 10, new int[][] {new int[30]}, new int[] {300});
    int[] offsets = {0, 40};
    Runnable both =
        () -> {
          attention.run(q, plain, out);
          attention.run(q, pages, out, offsets);
        };
    assertEquals(0, Allocation.ofCompiled(both));
  }
}
