package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;

import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Several short rows in one vector. A row of {@code n ≤ LANES} floats takes a slot of {@code
 * slot(n)} lanes, the next power of two, so that a vector holds {@code LANES / slot(n)} of them.
 *
 * <p>Rows that follow each other in memory are loaded together and spread to their slots by one
 * shuffle; a butterfly then leaves the maximum or the sum of a row in every lane of its slot. Each
 * step adds the same two numbers in both lanes, so all lanes agree to the bit, and no lane depends
 * on another slot.
 */
public final class RowGroups {
  private static final VectorShuffle<Float> SAME = exchange(0);
  private static final VectorShuffle<Float> BY_1 = exchange(1);
  private static final VectorShuffle<Float> BY_2 = exchange(2);
  private static final VectorShuffle<Float> BY_4 = exchange(4);
  private static final VectorShuffle<Float> BY_8 = exchange(8);

  private static final VectorShuffle<Float>[] SPREAD = tables(true);
  private static final VectorShuffle<Float>[] GATHER = tables(false);

  private RowGroups() {}

  /** Lanes that a row of {@code n} floats takes, 1 to {@code LANES}. */
  public static int slot(int n) {
    return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
  }

  /** Moves rows that lie end to end into their slots; the other lanes get anything. */
  public static VectorShuffle<Float> spread(int n) {
    return SPREAD[n];
  }

  /** Moves rows from their slots to where they lie end to end. */
  public static VectorShuffle<Float> gather(int n) {
    return GATHER[n];
  }

  /** The lanes of the slots that hold an element. */
  public static VectorMask<Float> filled(int n) {
    int slot = slot(n);
    long bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
      if (lane % slot < n) {
        bits |= 1L << lane;
      }
    }
    return VectorMask.fromLong(FLOATS, bits);
  }

  /**
   * A step of a butterfly: every lane meets the one at {@code distance}; itself, where that is
   * outside of the slot.
   */
  public static VectorShuffle<Float> step(int slot, int distance) {
    if (distance >= slot) {
      return SAME;
    }
    return switch (distance) {
      case 1 -> BY_1;
      case 2 -> BY_2;
      case 4 -> BY_4;
      default -> BY_8;
    };
  }

  /**
   * The sum of each slot in all its lanes, times {@code LANES / slot}: steps outside of the slot
   * double it. A branch for each step would cost more, since C2 boxes vectors that branches join.
   */
  public static FloatVector sums(
      FloatVector x,
      VectorShuffle<Float> by1,
      VectorShuffle<Float> by2,
      VectorShuffle<Float> by4,
      VectorShuffle<Float> by8) {
    FloatVector s = x.rearrange(by1).add(x);
    s = s.rearrange(by2).add(s);
    if (LANES > 4) {
      s = s.rearrange(by4).add(s);
    }
    if (LANES > 8) {
      s = s.rearrange(by8).add(s);
    }
    return s;
  }

  /** The maximum of each slot in all its lanes; NaN may be passed over. */
  public static FloatVector maxima(
      FloatVector x,
      VectorShuffle<Float> by1,
      VectorShuffle<Float> by2,
      VectorShuffle<Float> by4,
      VectorShuffle<Float> by8) {
    FloatVector other = x.rearrange(by1);
    FloatVector m = other.blend(x, other.compare(VectorOperators.LT, x));
    other = m.rearrange(by2);
    m = other.blend(m, other.compare(VectorOperators.LT, m));
    if (LANES > 4) {
      other = m.rearrange(by4);
      m = other.blend(m, other.compare(VectorOperators.LT, m));
    }
    if (LANES > 8) {
      other = m.rearrange(by8);
      m = other.blend(m, other.compare(VectorOperators.LT, m));
    }
    return m;
  }

  private static VectorShuffle<Float> exchange(int distance) {
    return VectorShuffle.fromOp(FLOATS, i -> distance < LANES ? i ^ distance : i);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static VectorShuffle<Float>[] tables(boolean spread) {
    return IntStream.rangeClosed(0, LANES)
        .mapToObj(n -> spread ? spreading(n) : gathering(n))
        .toArray(VectorShuffle[]::new);
  }

  private static VectorShuffle<Float> spreading(int n) {
    int slot = slot(n);
    return VectorShuffle.fromOp(FLOATS, i -> i % slot < n ? i / slot * n + i % slot : 0);
  }

  private static VectorShuffle<Float> gathering(int n) {
    int slot = slot(n);
    return VectorShuffle.fromOp(
        FLOATS, i -> n > 0 && i < LANES / slot * n ? i / n * slot + i % n : 0);
  }
}
