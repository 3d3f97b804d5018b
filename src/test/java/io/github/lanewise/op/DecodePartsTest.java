package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.kernel.attention.DecodeMerge;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.testing.Seeds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How decoding is divided: every key once, within the memory that was promised. */
class DecodePartsTest {
  private static final int HEADS = 8;

  @ParameterizedTest
  @CsvSource({"1, 8", "2, 8", "3, 8", "8, 8", "1, 1", "1, 4"})
  void chunksCoverTheKeysWithinTheStatedMemory(int queries, int kvHeads) {
    AttentionSpec spec = AttentionSpec.of(HEADS, kvHeads, 2, false);
    DecodeParts parts = new DecodeParts(spec);
    long most = DecodeJob.partialBytesPerSequence(spec) / ((2 + 2) * Float.BYTES);
    assertEquals((long) DecodeMerge.MAX_CHUNKS * HEADS, most);
    for (int keys : new int[] {300, 2_048, 2_049, 16_384, 16_385, 1_000_003, 1 << 24}) {
      KvRanges ranges = new KvRanges();
      ranges.one(cache(keys, kvHeads), queries);
      int tasks = parts.plan(ranges, 0, most, 3);
      assertTrue(tasks > 0 && parts.splitRows() <= most, keys + ": " + parts.splitRows());
      int next = 0;
      for (int chunk = 0; chunk < parts.chunks(0); chunk++) {
        assertEquals(next, parts.from(0, chunk, 0));
        next = parts.to(0, chunk, 0, 1);
        assertTrue(next > parts.from(0, chunk, 0));
      }
      assertEquals(keys, next);
    }
  }

  /** Keys that nobody reads: a plan looks at their numbers alone. */
  private static KvView cache(int keys, int kvHeads) {
    Matrix row = Seeds.matrix(1, 1, 2 * kvHeads);
    Matrix rows = Matrix.of(row.segment(), 0, 1, 2 * kvHeads, 2L * kvHeads);
    return KvView.pages(rows, rows, 1, new int[][] {new int[keys]}, new int[] {keys});
  }

  @Test
  void aLargeBatchGoesInTurnsThatTakeNoMoreThanIsLeft() {
    DecodeParts parts = new DecodeParts(AttentionSpec.of(4, 4, 2, true));
    int[] counts = {1000, 0, 3, 700, 900, 10000, 1200, 100};
    int[] offsets = {0, 1, 2, 5, 6, 106, 107, 108, 109};
    KvRanges ranges = new KvRanges();
    Matrix rows = Seeds.matrix(2, 1, 8);
    int[][] tables = new int[8][10000];
    ranges.view(KvView.pages(rows, rows, 1, tables, counts), offsets, 109);
    int most = 4 * 20; // partial results of four heads, for twenty chunks
    int turns = 0;
    for (int first = 0; first < 8; first = parts.end()) {
      parts.plan(ranges, first, most, 2);
      assertTrue(parts.end() > first);
      assertTrue(parts.splitRows() <= most);
      turns++;
    }
    assertEquals(3, turns);
  }
}
