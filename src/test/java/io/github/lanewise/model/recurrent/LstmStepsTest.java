package io.github.lanewise.model.recurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class LstmStepsTest {
  private static final int STEPS = 600;
  private static final int SEQUENCES = 2;
  private static final int WIDTH = 16;

  private final Arena arena = Arena.ofAuto();
  private final Matrix a = Matrix.allocate(arena, STEPS * SEQUENCES, WIDTH);
  private final Matrix b = Matrix.allocate(arena, STEPS * SEQUENCES, WIDTH);
  private final LstmSteps steps =
      new LstmSteps(
          a, b, Matrix.allocate(arena, LstmSteps.CHUNK * SEQUENCES, 4 * WIDTH), SEQUENCES);

  @Test
  void layersReadWhatTheOneBeforeHasWritten() {
    assertSame(a, steps.inputs(0));
    assertSame(b, steps.inputs(1));
    assertEquals(b.address(), steps.output(0, 0).address());
    assertEquals(a.address(), steps.output(1, 0).address());
    assertSame(a, steps.inputs(2));
  }

  /** One view a step and a chunk's end, whichever pass asks, so that they do not add up. */
  @Test
  void keepsOneViewOfEach() {
    for (int step = 0; step < STEPS; step++) {
      assertSame(steps.output(0, step), steps.output(0, step));
      assertSame(steps.output(0, step), steps.output(2, step));
      assertNotSame(steps.output(0, step), steps.output(1, step));
      assertSame(steps.inputs(0, step + 1), steps.inputs(2, step + 1));
    }
    assertSame(steps.gates(LstmSteps.CHUNK), steps.gates(LstmSteps.CHUNK));
    assertSame(steps.gatesOf(3), steps.gatesOf(3));
  }

  @Test
  void chunksEndWhereTheyAreToldTo() {
    long row = a.rowStride() * Float.BYTES;
    Matrix last = steps.inputs(0, 300);
    assertEquals((300 - LstmSteps.CHUNK) * SEQUENCES, last.rows());
    assertEquals(a.address() + LstmSteps.CHUNK * SEQUENCES * row, last.address());
    Matrix whole = steps.inputs(0, LstmSteps.CHUNK);
    assertEquals(LstmSteps.CHUNK * SEQUENCES, whole.rows());
    assertEquals(a.address(), whole.address());
    assertEquals(a.address() + 299 * SEQUENCES * row, steps.output(1, 299).address());
  }
}
