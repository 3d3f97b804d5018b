package io.github.lanewise.kernel.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecodeTileOrderTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int ROWS = DecodeTile.ROWS;

  static IntStream tiles() {
    return IntStream.rangeClosed(1, DecodeRows.BLOCK / ROWS);
  }

  @ParameterizedTest
  @MethodSource("tiles")
  void rowsFollowEachOther(int tiles) {
    int count = tiles * ROWS;
    MemorySegment source = OffHeap.allocate(Arena.ofAuto(), 4L * count);
    MemorySegment target = OffHeap.allocate(Arena.ofAuto(), 4L * (count + 1));
    for (int i = 0; i < count; i++) {
      source.setAtIndex(FLOAT, i, i);
    }
    target.setAtIndex(FLOAT, count, -1);
    DecodeTileOrder.restore(source.address(), tiles, target.address());
    for (int row = 0; row < ROWS; row++) {
      for (int j = 0; j < tiles; j++) {
        assertEquals(j * ROWS + row, target.getAtIndex(FLOAT, row * tiles + j), row + ", " + j);
      }
    }
    assertEquals(-1, target.getAtIndex(FLOAT, count));
  }
}
