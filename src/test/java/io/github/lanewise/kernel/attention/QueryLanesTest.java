package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.LANES;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.kernel.gemm.Tiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries in lanes, bit for bit, around every edge of squares. */
class QueryLanesTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final float GUARD = 12345f;
  private static final float SCALE = 0.25f;
  private static final int FIRST_LANE = 4;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void everyFloatOfAQueryComesToItsLane(int group) {
    int nr = Tiles.WIDE.columns();
    for (int headDim :
        new int[] {1, LANES - 1, LANES, LANES + 1, 2 * LANES + 3, 3 * LANES, 8 * LANES + 1}) {
      for (int count : new int[] {1, 3, LANES, Math.min(nr, LANES + 1), nr}) {
        assertLanes(group, nr, headDim, count);
      }
    }
  }

  private static void assertLanes(int group, int nr, int headDim, int count) {
    int positions = (FIRST_LANE + count - 1) / group + 1;
    int rowOfQ = group * headDim + 5;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment q = arena.allocate(FLOAT, (long) positions * rowOfQ);
      for (int i = 0; i < positions * rowOfQ; i++) {
        q.setAtIndex(FLOAT, i, i + 1);
      }
      MemorySegment lanes = arena.allocate(FLOAT, (headDim + 1L) * nr);
      for (int i = 0; i < (headDim + 1) * nr; i++) {
        lanes.setAtIndex(FLOAT, i, GUARD);
      }
      QueryLanes.load(
          q.address(),
          (long) rowOfQ * Float.BYTES,
          group,
          headDim,
          SCALE,
          FIRST_LANE,
          count,
          nr,
          lanes.address());
      int used = (count + LANES - 1) / LANES * LANES;
      for (int i = 0; i < headDim; i++) {
        for (int lane = 0; lane < used; lane++) {
          int index = FIRST_LANE + Math.min(lane, count - 1);
          int at = index / group * rowOfQ + index % group * headDim + i;
          assertEquals(
              SCALE * (at + 1),
              lanes.getAtIndex(FLOAT, i * nr + lane),
              "headDim %d, count %d, lane %d".formatted(headDim, count, lane));
        }
      }
      for (int lane = 0; lane < nr; lane++) {
        assertEquals(GUARD, lanes.getAtIndex(FLOAT, headDim * nr + lane), "behind the queries");
      }
    }
  }
}
