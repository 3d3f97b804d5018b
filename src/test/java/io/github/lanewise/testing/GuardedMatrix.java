package io.github.lanewise.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix inside a larger buffer whose other floats hold a canary: before, after and between the
 * rows.
 */
public final class GuardedMatrix {
  private static final int CANARY = 0x7fc5a5a5;
  private static final int BORDER = 19;

  private final MemorySegment segment;
  private final Matrix matrix;
  private final long stride;

  private GuardedMatrix(int rows, int columns) {
    stride = columns + 5L;
    segment = Arena.ofAuto().allocate((2L * BORDER + rows * stride) * Float.BYTES, 64);
    for (long i = 0; i < segment.byteSize() / Float.BYTES; i++) {
      segment.setAtIndex(ValueLayout.JAVA_INT, i, CANARY);
    }
    matrix = Matrix.of(segment, (long) BORDER * Float.BYTES, rows, columns, stride);
  }

  /** A guarded matrix whose inside is NaN, as an output that must be written in full. */
  public static GuardedMatrix poisoned(int rows, int columns) {
    GuardedMatrix guarded = new GuardedMatrix(rows, columns);
    guarded.matrix.fill(Float.NaN);
    return guarded;
  }

  /** A guarded matrix of seeded values in [-1, 1). */
  public static GuardedMatrix random(long seed, int rows, int columns) {
    GuardedMatrix guarded = new GuardedMatrix(rows, columns);
    Seeds.fill(guarded.matrix, seed);
    return guarded;
  }

  /** The view inside the borders. */
  public Matrix matrix() {
    return matrix;
  }

  /** Fails if a float outside the view has changed. */
  public void assertBordersIntact() {
    long count = segment.byteSize() / Float.BYTES;
    for (long i = 0; i < count; i++) {
      long inside = i - BORDER;
      boolean border =
          inside < 0 || inside >= matrix.rows() * stride || inside % stride >= matrix.columns();
      if (border) {
        assertEquals(
            CANARY,
            segment.getAtIndex(ValueLayout.JAVA_INT, i),
            "float " + i + " outside " + matrix);
      }
    }
  }
}
