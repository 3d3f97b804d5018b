package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.kernel.gemm.Tiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Biases and masks bit for bit, around every edge of vectors of keys and of lanes. */
class BiasAndMaskTest {
  private static final int BLOCK = AttentionTile.KEY_BLOCK;
  private static final int[] COUNTS = {
    1, LANES - 1, LANES, LANES + 1, BYTES - 1, BYTES, BYTES + 1, 100, BLOCK - 1, BLOCK
  };

  /** Of the first key, of which all are counted. */
  private static final int FROM = 3;

  private static final int FIRST_HEAD = 2;
  private static final int FIRST_LANE = 5;
  private static final float UNTOUCHED = 12.5f;

  private final SplittableRandom random = new SplittableRandom(1);
  private final AttentionSequence sequence = new AttentionSequence();

  /** Rows are that of a query; heads may have rows of their own; keys may be dilated. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0, 1",
    "1, 1, 1, 1",
    "3, 1, 0, 1",
    "3, 1, 1, 1",
    "3, 0, 1, 1",
    "1, 0, 1, 1",
    "1, 0, 0, 1",
    "1, 1, 0, 2",
    "3, 1, 1, 3"
  })
  void biasesAreAddedInBase2(int group, int perQuery, int perHead, int dilation) {
    for (int nr : new int[] {Tiles.WIDE.columns(), Tiles.NARROW.columns()}) {
      for (int lanes : new int[] {1, Math.min(nr, LANES + 1), nr}) {
        for (int count : COUNTS) {
          addAndCheck(group, perQuery, perHead, dilation, nr, lanes, count);
        }
      }
    }
  }

  private void addAndCheck(
      int group, int perQuery, int perHead, int dilation, int nr, int lanes, int count) {
    int queries = (FIRST_LANE + lanes - 1) / group + 1;
    int keys = (FROM + count - 1) * dilation + 1;
    int heads = FIRST_HEAD + group;
    // Rows end where the memory does: a row too many, or a key, would be seen as what it holds.
    int rows = (perHead == 1 ? heads : 1) * (perQuery == 1 ? queries : 1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bias = arena.allocate((long) rows * keys * Float.BYTES, BYTES);
      for (int i = 0; i < rows * keys; i++) {
        bias.setAtIndex(FLOAT, i, someBias());
      }
      long row = (long) keys * Float.BYTES;
      sequence.queries(0, 0, FIRST_HEAD);
      sequence.pairBias(
          bias.address(),
          perHead * row * (perQuery == 1 ? queries : 1),
          perQuery * row,
          (long) dilation * Float.BYTES);
      Scores scores = new Scores(arena, nr);
      panel(group, nr, lanes, scores).add(FROM, count);
      for (int lane = 0; lane < lanes; lane++) {
        int index = FIRST_LANE + lane;
        int at = perHead * (FIRST_HEAD + index % group) * (perQuery == 1 ? queries : 1);
        at += perQuery * (index / group);
        for (int j = 0; j < BLOCK; j++) {
          float before = scores.before[j * nr + lane];
          float x = j < count ? bias.getAtIndex(FLOAT, at * keys + (FROM + j) * dilation) : 0f;
          float log = Math.max(x, ScoreModifiers.LOWEST_BIAS) * ScoreRules.LOG2_E;
          float expected = x == Float.NEGATIVE_INFINITY ? x : before + log;
          float wanted = j < count ? expected : before;
          if (Float.compare(wanted, scores.get(j, lane)) != 0) {
            assertEquals(wanted, scores.get(j, lane), lanes + " lanes of " + nr + ", key " + j);
          }
        }
      }
      scores.assertBorders();
    }
  }

  private float someBias() {
    return switch (random.nextInt(12)) {
      case 0 -> Float.NEGATIVE_INFINITY;
      case 1 -> -Float.MAX_VALUE;
      case 2 -> Float.NaN;
      case 3 -> Float.POSITIVE_INFINITY;
      case 4 -> Float.MIN_VALUE;
      default -> (float) random.nextDouble(-9, 9);
    };
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 1, 1", "3, 0, 1", "1, 1, 2", "3, 1, 3"})
  void bytesOfZeroHide(int group, int perQuery, int dilation) {
    for (int nr : new int[] {Tiles.WIDE.columns(), Tiles.NARROW.columns()}) {
      for (int lanes : new int[] {1, Math.min(nr, LANES + 1), nr}) {
        for (int count : COUNTS) {
          hideAndCheck(group, perQuery, dilation, nr, lanes, count);
        }
      }
    }
  }

  private void hideAndCheck(int group, int perQuery, int dilation, int nr, int lanes, int count) {
    int queries = perQuery == 1 ? (FIRST_LANE + lanes - 1) / group + 1 : 1;
    int keys = (FROM + count - 1) * dilation + 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate((long) queries * keys, BYTES);
      byte[] bytes = {0, 1, -1, 64, -128, 0};
      for (int i = 0; i < queries * keys; i++) {
        mask.set(ValueLayout.JAVA_BYTE, i, bytes[random.nextInt(bytes.length)]);
      }
      sequence.queries(0, 0, FIRST_HEAD);
      sequence.mask(mask.address(), (long) perQuery * keys, dilation);
      Scores scores = new Scores(arena, nr);
      panel(group, nr, lanes, scores).hide(FROM, count);
      for (int lane = 0; lane < lanes; lane++) {
        int query = perQuery * ((FIRST_LANE + lane) / group);
        for (int j = 0; j < BLOCK; j++) {
          long at = (long) query * keys + (long) (FROM + j) * dilation;
          boolean hidden = j < count && mask.get(ValueLayout.JAVA_BYTE, at) == 0;
          float wanted = hidden ? Float.NEGATIVE_INFINITY : scores.before[j * nr + lane];
          if (Float.compare(wanted, scores.get(j, lane)) != 0) {
            assertEquals(wanted, scores.get(j, lane), lanes + " lanes of " + nr + ", key " + j);
          }
        }
      }
      scores.assertBorders();
    }
  }

  private BiasAndMask panel(int group, int nr, int lanes, Scores scores) {
    BiasAndMask given = new BiasAndMask(group, nr, sequence);
    given.begin(scores.address(), scores.spare(), FIRST_LANE, lanes);
    return given;
  }

  /** Scores, NaN among them, and the room behind them. */
  private final class Scores {
    private final int nr;
    private final float[] before;
    private final MemorySegment memory;

    Scores(Arena arena, int nr) {
      this.nr = nr;
      before = new float[BLOCK * nr];
      memory = arena.allocate(spareOffset() + (long) (BLOCK + 1) * BYTES, BYTES);
      for (long at = 0; at < memory.byteSize(); at += Float.BYTES) {
        memory.set(FLOAT, at, UNTOUCHED);
      }
      for (int i = 0; i < before.length; i++) {
        before[i] = random.nextInt(9) == 0 ? Float.NaN : (float) random.nextDouble(-20, 20);
        memory.setAtIndex(FLOAT, i, before[i]);
      }
    }

    private long spareOffset() {
      return (long) BLOCK * nr * Float.BYTES + BYTES;
    }

    long address() {
      return memory.address();
    }

    long spare() {
      return memory.address() + spareOffset();
    }

    float get(int key, int lane) {
      return MEMORY.get(FLOAT, address() + ((long) key * nr + lane) * Float.BYTES);
    }

    /** A vector behind the scores, and one behind the spare room. */
    void assertBorders() {
      for (long end : new long[] {spareOffset(), memory.byteSize()}) {
        for (long at = end - BYTES; at < end; at += Float.BYTES) {
          assertEquals(UNTOUCHED, memory.get(FLOAT, at));
        }
      }
    }
  }
}
