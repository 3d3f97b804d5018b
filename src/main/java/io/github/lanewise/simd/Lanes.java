package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Sums and maxima across the lanes of a vector. */
public final class Lanes {
  private static final VectorShuffle<Float> BY_1 = rotation(1);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_8 = rotation(8);

  private static final VectorShuffle<Float> BY_QUARTER = rotation(LANES / 4);
  private static final VectorShuffle<Float> SWAP_HALVES = exchange(LANES / 2);
  private static final VectorShuffle<Float> SWAP_QUARTERS = exchange(LANES / 4);
  private static final VectorShuffle<Float> SWAP_2 = exchange(2);
  private static final VectorShuffle<Float> SWAP_1 = exchange(1);
  private static final VectorMask<Float> UPPER_HALF = withBit(LANES / 2);
  private static final VectorMask<Float> UPPER_QUARTERS = withBit(LANES / 4);
  private static final VectorShuffle<Float> FIRST_OF_QUARTERS =
      VectorShuffle.fromOp(FLOATS, i -> i * (LANES / 4) % LANES);

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

  /**
   * In each lane the largest of those a quarter, half and three quarters of a vector apart, NaN
   * perhaps passed over.
   */
  public static FloatVector largestOfQuarters(FloatVector x) {
    FloatVector m = larger(x, x.rearrange(BY_QUARTER));
    return larger(m, m.rearrange(SWAP_HALVES));
  }

  private static VectorShuffle<Float> rotation(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> (i + distance) % LANES);
  }

  /**
   * The lane-wise larger, {@code a} where either is NaN. Two instructions; {@code FloatVector.max}
   * takes three times as many for its rules on NaN and -0.
   */
  public static FloatVector larger(FloatVector a, FloatVector b) {
    return a.blend(b, a.compare(VectorOperators.LT, b));
  }

  /**
   * The sums of the lanes of four vectors, in the first four lanes of the result; the other lanes
   * hold anything. Each sum takes its addends in the same order, whichever of the four it is.
   */
  public static FloatVector fourSums(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    return sumsOfParts(fourParts(a, b, c, d));
  }

  /** The first half of {@link #fourSums}: parts of each sum, in a quarter of the lanes. */
  public static FloatVector fourParts(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    // Lane i of ac holds a part of a or c as bit LANES / 2 of i says; then LANES / 4 picks b or d.
    FloatVector ac = a.blend(c, UPPER_HALF).add(c.blend(a, UPPER_HALF).rearrange(SWAP_HALVES));
    FloatVector bd = b.blend(d, UPPER_HALF).add(d.blend(b, UPPER_HALF).rearrange(SWAP_HALVES));
    return ac.blend(bd, UPPER_QUARTERS).add(bd.blend(ac, UPPER_QUARTERS).rearrange(SWAP_QUARTERS));
  }

  /** The other half. */
  private static FloatVector sumsOfParts(FloatVector parts) {
    FloatVector s = parts;
    if (LANES > 8) {
      s = s.add(s.rearrange(SWAP_2));
    }
    if (LANES > 4) {
      s = s.add(s.rearrange(SWAP_1));
    }
    return s.rearrange(FIRST_OF_QUARTERS);
  }

  /**
   * Sums of parts of twos of lanes: a0+a1 b0+b1 a2+a3 b2+b3 ... In vectors of eight, of {@link
   * #fourParts} twice: in each quarter a sum of a and the same of b.
   */
  public static FloatVector pairsOfSums(FloatVector a, FloatVector b) {
    return LaneBit.evens(a, b).add(LaneBit.odds(a, b));
  }

  /** The same of lanes two apart: a0+a2 a1+a3 b0+b2 b1+b3 ..., for {@link #pairsOfSums}. */
  public static FloatVector halvesOfSums(FloatVector a, FloatVector b) {
    FloatVector ab = LaneBit.TWO.crossing(a, b);
    return LaneBit.TWO.lower(a, ab).add(LaneBit.TWO.upper(b, ab));
  }

  /** Exchanges the lanes whose indices differ in bit {@code bit}. */
  private static VectorShuffle<Float> exchange(int bit) {
    return VectorShuffle.fromOp(FLOATS, i -> (i ^ bit) % LANES);
  }

  private static VectorMask<Float> withBit(int bit) {
    return VectorMask.fromLong(FLOATS, bits(bit));
  }

  private static long bits(int bit) {
    long lanes = 0;
    for (int i = 0; i < LANES; i++) {
      if ((i & bit) != 0) {
        lanes |= 1L << i;
      }
    }
    return lanes;
  }
}
