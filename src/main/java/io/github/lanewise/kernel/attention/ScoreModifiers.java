package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.INTS;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Tanh;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * What may happen to a block of transposed scores between S = K·Qᵀ and the softmax: row j of the
 * block is {@code row} bytes of lanes at {@code scores + j·row}. Scores are in base 2.
 *
 * <p>A hidden key has the score -Infinity, whatever it was before: NaN included.
 */
final class ScoreModifiers {
  /**
   * Biases below count as this: two of them and any sane score stay finite, so that a common mask,
   * -{@link Float#MAX_VALUE}, does not hide a key.
   */
  static final float LOWEST_BIAS = -0x1p125f;

  private static final FloatVector HIDDEN = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
  private static final FloatVector LOWEST = FloatVector.broadcast(FLOATS, LOWEST_BIAS);

  /** The bytes of an int in the order of memory: all CPUs with these vectors are little-endian. */
  private static final IntVector BYTE_0 = IntVector.broadcast(INTS, 0xff);

  private static final IntVector BYTE_1 = IntVector.broadcast(INTS, 0xff00);
  private static final IntVector BYTE_2 = IntVector.broadcast(INTS, 0xff0000);
  private static final IntVector BYTE_3 = IntVector.broadcast(INTS, 0xff000000);

  private ScoreModifiers() {}

  /** s = c·tanh(s / c), over all lanes of {@code count} rows. */
  static void softcap(long scores, long row, int count, float cap) {
    float inverse = 1 / cap;
    long end = scores + count * row;
    for (long at = scores; at < end; at += BYTES) {
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      Tanh.tanh(s.mul(inverse)).mul(cap).intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /**
   * ALiBi (Press et al. 2022): s += slope·|position - key| for one vector of lanes, the slope being
   * negative.
   *
   * @param first the key of row 0
   */
  static void alibi(long scores, long row, int count, int first, long position, long slope) {
    FloatVector p = FloatVector.fromMemorySegment(FLOATS, MEMORY, position, ORDER);
    FloatVector m = FloatVector.fromMemorySegment(FLOATS, MEMORY, slope, ORDER);
    for (int j = 0; j < count; j++) {
      long at = scores + j * row;
      FloatVector distance = p.sub((float) (first + j)).abs();
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      m.fma(distance, s).intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /**
   * Hides rows {@code from} to {@code to - 1} from the lanes whose limit is not above their key.
   */
  static void hideFromLimit(long scores, long row, int from, int to, int first, long limits) {
    FloatVector limit = FloatVector.fromMemorySegment(FLOATS, MEMORY, limits, ORDER);
    for (int j = from; j < to; j++) {
      long at = scores + j * row;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      s.blend(HIDDEN, limit.compare(VectorOperators.LE, (float) (first + j)))
          .intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /** Hides rows {@code from} to {@code to - 1} from the lanes whose limit is above their key. */
  static void hideBelowLimit(long scores, long row, int from, int to, int first, long limits) {
    FloatVector limit = FloatVector.fromMemorySegment(FLOATS, MEMORY, limits, ORDER);
    for (int j = from; j < to; j++) {
      long at = scores + j * row;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      s.blend(HIDDEN, limit.compare(VectorOperators.GT, (float) (first + j)))
          .intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /** Hides rows {@code from} to {@code to - 1} from lanes {@code firstLane} to {@code end - 1}. */
  static void hide(long scores, long row, int from, int to, int firstLane, int end) {
    for (int j = from; j < to; j++) {
      for (int lane = firstLane; lane < end; lane++) {
        MEMORY.set(FLOAT, scores + j * row + (long) lane * Float.BYTES, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** Adds one float a key, in base e, {@code stride} bytes apart, to all lanes. */
  static void addToAll(long scores, long row, int count, long bias, long stride) {
    for (int j = 0; j < count; j++) {
      float x = MEMORY.get(FLOAT, bias + j * stride);
      FloatVector add = FloatVector.broadcast(FLOATS, inBase2(x));
      // By mask: a choice between two vectors by a branch would box them.
      VectorMask<Float> hides = add.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY);
      for (long at = scores + j * row; at < scores + (j + 1) * row; at += BYTES) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
            .add(add)
            .blend(HIDDEN, hides)
            .intoMemorySegment(MEMORY, at, ORDER);
      }
    }
  }

  /** Adds one float a key, in base e, {@code stride} bytes apart, to lane {@code lane}. */
  static void addToLane(long scores, long row, int count, int lane, long bias, long stride) {
    long lanes = scores + (long) lane * Float.BYTES;
    for (int j = 0; j < count; j++) {
      float x = MEMORY.get(FLOAT, bias + j * stride);
      float s = MEMORY.get(FLOAT, lanes + j * row) + inBase2(x);
      MEMORY.set(FLOAT, lanes + j * row, x == Float.NEGATIVE_INFINITY ? x : s);
    }
  }

  /**
   * Adds floats in base e to one vector of lanes in rows {@code from} to {@code to - 1}: to row j
   * the vector at {@code bias + j·BYTES}.
   */
  static void addVectors(long scores, long row, int from, int to, long bias) {
    for (int j = from; j < to; j++) {
      long at = scores + j * row;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, MEMORY, bias + j * (long) BYTES, ORDER);
      // As inBase2: a NaN stays one here, too, for it is not less.
      FloatVector add =
          x.blend(LOWEST, x.compare(VectorOperators.LT, LOWEST)).mul(ScoreRules.LOG2_E);
      FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER)
          .add(add)
          .blend(HIDDEN, x.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY))
          .intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /**
   * Hides rows from one vector of lanes: row {@code 4·i + b} where byte b of the lane's int, in the
   * i-th of {@code count} vectors at {@code mask}, is 0.
   */
  static void hideByVectors(long scores, long row, int count, long mask) {
    long at = scores;
    for (long from = mask; from < mask + count * (long) BYTES; from += BYTES) {
      IntVector four = IntVector.fromMemorySegment(INTS, MEMORY, from, ORDER);
      VectorMask<Float> hides0 = four.and(BYTE_0).compare(VectorOperators.EQ, 0).cast(FLOATS);
      VectorMask<Float> hides1 = four.and(BYTE_1).compare(VectorOperators.EQ, 0).cast(FLOATS);
      VectorMask<Float> hides2 = four.and(BYTE_2).compare(VectorOperators.EQ, 0).cast(FLOATS);
      VectorMask<Float> hides3 = four.and(BYTE_3).compare(VectorOperators.EQ, 0).cast(FLOATS);
      FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + row, ORDER);
      FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2 * row, ORDER);
      FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3 * row, ORDER);
      s0.blend(HIDDEN, hides0).intoMemorySegment(MEMORY, at, ORDER);
      s1.blend(HIDDEN, hides1).intoMemorySegment(MEMORY, at + row, ORDER);
      s2.blend(HIDDEN, hides2).intoMemorySegment(MEMORY, at + 2 * row, ORDER);
      s3.blend(HIDDEN, hides3).intoMemorySegment(MEMORY, at + 3 * row, ORDER);
      at += 4 * row;
    }
  }

  /** Hides the keys whose byte, {@code stride} bytes apart, is 0, from {@code lanes} lanes. */
  static void hideByBytes(
      long scores, long row, int count, int firstLane, int end, long mask, long stride) {
    for (int j = 0; j < count; j++) {
      if (MEMORY.get(ValueLayout.JAVA_BYTE, mask + j * stride) == 0) {
        hide(scores, row, j, j + 1, firstLane, end);
      }
    }
  }

  private static float inBase2(float x) {
    return x == Float.NEGATIVE_INFINITY ? x : Math.max(x, LOWEST_BIAS) * ScoreRules.LOG2_E;
  }
}
