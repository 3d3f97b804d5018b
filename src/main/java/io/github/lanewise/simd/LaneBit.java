package io.github.lanewise.simd;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * One bit of the number of a lane, and the step of a transposition that exchanges it with the same
 * bit of the number of a row: row {@code a}, whose number lacks the bit, keeps its lower lanes and
 * gets those of row {@code b}, whose number has it; {@code b} keeps its upper ones and gets {@code
 * a}'s. Bits pass unchanged, whether they are floats or not.
 *
 * <p>What both give is blended first and crosses over in one permutation: of these an AVX2 core
 * begins one in a cycle, and two blends. Of bit 1 the lanes cross over by a shift within pairs of
 * floats, whose first is the lower half, see {@link #evens}.
 *
 * @param mask the lanes whose number has the bit
 * @param neighbour for each lane the one whose number differs in the bit alone
 */
public record LaneBit(VectorMask<Float> mask, VectorShuffle<Float> neighbour) {
  /** Lanes two apart. */
  public static final LaneBit TWO = of(2);

  /** Lanes four apart; of no use where a vector has but four. */
  public static final LaneBit FOUR = of(4);

  /** Lanes eight apart; of no use where a vector has fewer than sixteen. */
  public static final LaneBit EIGHT = of(8);

  private static final VectorMask<Float> ODD = of(1).mask;

  private static LaneBit of(int bit) {
    boolean[] upper = new boolean[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      upper[lane] = (lane & bit) != 0;
    }
    return new LaneBit(
        VectorMask.fromArray(FLOATS, upper, 0),
        VectorShuffle.fromOp(FLOATS, lane -> (lane ^ bit) % LANES));
  }

  /** Row a after the exchange of bit 1: a0 b0 a2 b2 ... */
  public static FloatVector evens(FloatVector a, FloatVector b) {
    return a.blend(shifted(b, VectorOperators.LSHL), ODD);
  }

  /** Row b after the exchange of bit 1: a1 b1 a3 b3 ... */
  public static FloatVector odds(FloatVector a, FloatVector b) {
    return shifted(a, VectorOperators.LSHR).blend(b, ODD);
  }

  private static FloatVector shifted(FloatVector x, VectorOperators.Binary direction) {
    return x.reinterpretAsLongs().lanewise(direction, Float.SIZE).reinterpretAsFloats();
  }

  /** What rows a and b give each other, where the other takes it. */
  public FloatVector crossing(FloatVector a, FloatVector b) {
    return b.blend(a, mask).rearrange(neighbour);
  }

  /** Row a after the exchange. */
  public FloatVector lower(FloatVector a, FloatVector crossing) {
    return a.blend(crossing, mask);
  }

  /** Row b after the exchange. */
  public FloatVector upper(FloatVector b, FloatVector crossing) {
    return crossing.blend(b, mask);
  }
}
