package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Sums and maxima across the lanes of a vector. */
public final class Lanes {
  private static final VectorShuffle<Float> BY_1 = rotation(1);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_8 = rotation(8);

  private Lanes() {}

  /**
   * The sum of all lanes, always in the same order: {@code reduceLanes} leaves the order open, and
   * the interpreter's differs from C2's.
   */
  public static float sum(FloatVector x) {
    FloatVector s = x;
    if (LANES > 8) {
      s = s.add(s.rearrange(BY_8));
    }
    if (LANES > 4) {
      s = s.add(s.rearrange(BY_4));
    }
    if (LANES > 2) {
      s = s.add(s.rearrange(BY_2));
    }
    return s.add(s.rearrange(BY_1)).lane(0);
  }

  /**
   * The largest lane, NaN perhaps passed over. By compare and blend: {@code reduceLanes} costs
   * three times as much for its rules on NaN and -0.
   */
  public static float max(FloatVector x) {
    FloatVector m = x;
    if (LANES > 8) {
      FloatVector other = m.rearrange(BY_8);
      m = other.blend(m, other.compare(VectorOperators.LT, m));
    }
    if (LANES > 4) {
      FloatVector other = m.rearrange(BY_4);
      m = other.blend(m, other.compare(VectorOperators.LT, m));
    }
    if (LANES > 2) {
      FloatVector other = m.rearrange(BY_2);
      m = other.blend(m, other.compare(VectorOperators.LT, m));
    }
    FloatVector other = m.rearrange(BY_1);
    return other.blend(m, other.compare(VectorOperators.LT, m)).lane(0);
  }

  private static VectorShuffle<Float> rotation(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> (i + distance) % LANES);
  }
}
