package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;
import static io.github.lanewise.testing.RawFloats.get;
import static io.github.lanewise.testing.RawFloats.set;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.simd.Lanes;
import java.lang.foreign.Arena;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of tiles of four rows, a quarter of the block apart. */
class ScoreTilesTest {
  private static final int ROWS = DecodeTile.ROWS;

  static IntStream rows() {
    return IntStream.concat(IntStream.rangeClosed(1, 40), IntStream.of(127, 200, 253, 255, 256));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void eachQuarterOfTheRowsIsAColumn(int rows) {
    for (int lanes : new int[] {1, 2, 3, 4, 7, DecodeChunk.MAX_LANES}) {
      ScoreTiles scores = scores(rows, lanes);
      for (int lane = 0; lane < lanes; lane++) {
        int row = 0;
        for (int quarter = 0; quarter < ROWS; quarter++) {
          for (int i = 0; i < scores.count(quarter); i++) {
            assertEquals(score(lane, row++), get(scores.score(i, lane, quarter), 0));
          }
        }
        assertEquals(rows, row);
        for (; row < scores.tiles() * ROWS; row++) {
          assertEquals(Float.NEGATIVE_INFINITY, get(address(scores, lane, row), 0));
        }
      }
    }
  }

  private static float score(int lane, int row) {
    return lane * 10_000 + row;
  }

  private static long address(ScoreTiles scores, int lane, int row) {
    return scores.score(row % scores.tiles(), lane, row / scores.tiles());
  }

  private static ScoreTiles scores(int rows, int lanes) {
    ScoreTiles scores = new ScoreTiles();
    scores.place(lanes, OffHeap.allocate(Arena.global(), ScoreTiles.bytes(lanes)).address());
    scores.rows(rows);
    for (int lane = 0; lane < lanes; lane++) {
      for (int row = 0; row < scores.tiles() * ROWS; row++) {
        set(address(scores, lane, row), 0, row < rows ? score(lane, row) : Float.NaN);
      }
    }
    scores.hideFilling();
    return scores;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 63, 64})
  void tilesSumTheirPartsUp(int lanes) {
    long parts =
        OffHeap.allocate(Arena.global(), DecodeChunk.MAX_LANES * DecodeTile.PART_BYTES).address();
    ScoreTiles scores = scores(1, lanes);
    for (int lane = 0; lane < lanes; lane++) {
      fourParts(lane).intoMemorySegment(MEMORY, parts + lane * DecodeTile.PART_BYTES, ORDER);
    }
    DecodeTile.scores(parts, lanes, scores.tile(0));
    for (int lane = 0; lane < lanes; lane++) {
      for (int row = 0; row < ROWS; row++) {
        float expected = Lanes.fourSums(x(lane, 0), x(lane, 1), x(lane, 2), x(lane, 3)).lane(row);
        long at = scores.tile(0) + ScoreTiles.at(lane) + row * ScoreTiles.ROW;
        assertEquals(expected, get(at, 0), lane + ", " + row);
      }
    }
  }

  private static FloatVector fourParts(int lane) {
    return Lanes.fourParts(x(lane, 0), x(lane, 1), x(lane, 2), x(lane, 3));
  }

  /** Products whose sum depends on its order. */
  private static FloatVector x(int lane, int row) {
    return FloatVector.zero(FLOATS).addIndex(1).add(lane + 0.7f * row).sqrt();
  }
}
