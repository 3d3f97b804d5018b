package io.github.lanewise.kernel.activation;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** ReLU: x where x is positive, else 0; NaN for NaN. Exact. */
public final class Relu {
  private Relu() {}

  /** Applies the function to {@code n} contiguous floats; out may be x. */
  public static void row(long x, long out, int n) {
    int whole = FLOATS.loopBound(n);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      apply(FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (whole < n) {
      long at = (long) whole * Float.BYTES;
      rest(x + at, out + at, n - whole);
    }
  }

  /** The last elements, fewer than a vector. */
  private static void rest(long x, long out, int n) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, n);
    apply(FloatVector.fromMemorySegment(FLOATS, MEMORY, x, ORDER, mask))
        .intoMemorySegment(MEMORY, out, ORDER, mask);
  }

  private static FloatVector apply(FloatVector x) {
    return x.blend(0f, x.compare(VectorOperators.LE, 0f));
  }
}
