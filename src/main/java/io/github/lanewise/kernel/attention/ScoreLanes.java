package io.github.lanewise.kernel.attention;

import static io.github.lanewise.simd.Simd.ADDRESS;
import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The online softmax over a block of transposed scores, one vector of lanes at a time: key j of the
 * block is the vector at {@code scores + j·stride}. Scores are in base 2 (scale and log2 e are
 * folded into the queries).
 */
final class ScoreLanes {
  /** Adding 1.5·2^23 + b rounds to an integer n, and leaves n + b in the low bits. */
  private static final FloatVector ROUND_BIASED = splat(0x1.8p23f + 127);

  /**
   * The bits of the distance from key to key: C2 checks no address that is a multiple of it away
   * from an {@link io.github.lanewise.simd.Simd#ADDRESS}.
   */
  private static final long KEY_STRIDE = 0xffffff;

  /** 2^t is a normal float from here on; below, it counts as 0. */
  private static final float SMALLEST = -126f;

  /**
   * What the maximum may grow by, in powers of two, before sums and outputs are scaled down to the
   * new one: weights up to 2^8 lose nothing, and most blocks then need no scaling (Dao et al.,
   * FlashAttention-4).
   */
  private static final float SLACK = 8f;

  /**
   * 2^f on [-0.5, 0.5], constant term 1: relative error of the polynomial 9.2e-8 (a weighted
   * least-squares fit, iterated towards minimax), to which rounding adds about one ulp.
   */
  private static final FloatVector C1 = splat(0.693147f);

  private static final FloatVector C2 = splat(0.24022242f);
  private static final FloatVector C3 = splat(0.055507336f);
  private static final FloatVector C4 = splat(0.009671513f);
  private static final FloatVector C5 = splat(0.0013264724f);
  private static final FloatVector ONE = splat(1f);

  private ScoreLanes() {}

  /**
   * Replaces scores s by 2^(s - m), where m is at most {@link #SLACK} below the maximum of all
   * blocks so far, and updates m and the sum.
   *
   * @param factor receives what the outputs of earlier blocks must be scaled by, if anything
   * @return whether any lane's factor is not 1
   */
  static boolean softmax(long scores, long stride, int count, long max, long sum, long factor) {
    // Two methods, compiled on their own: together they exceed what C2 inlines into one, and what
    // it does not inline boxes its vectors.
    boolean changed = raise(scores, stride, count, false, max, sum, factor);
    exponentials(scores, stride, count, max, sum);
    return changed;
  }

  /** The same where lanes a quarter of the vector apart are of one query, and have one m. */
  static boolean softmaxOfTiles(
      long scores, long stride, int count, long max, long sum, long factor) {
    boolean changed = raise(scores, stride, count, true, max, sum, factor);
    exponentials(scores, stride, count, max, sum);
    return changed;
  }

  /** Raises m where that is due, and scales the sum down to it. */
  private static boolean raise(
      long scores, long stride, int count, boolean ofTiles, long max, long sum, long factor) {
    FloatVector before = FloatVector.fromMemorySegment(FLOATS, MEMORY, max, ORDER);
    FloatVector top = highest(scores, stride, count, before);
    if (ofTiles) {
      top = Lanes.largestOfQuarters(top);
    }
    // Not top > before + SLACK: from 2^27 on that may round to twice the slack and more.
    VectorMask<Float> due = top.sub(before).compare(VectorOperators.GT, SLACK);
    if (!due.anyTrue()) {
      ONE.intoMemorySegment(MEMORY, factor, ORDER);
      return false;
    }
    FloatVector m = before.blend(top, due);
    FloatVector scale = powerOfTwo(before.sub(shift(m)));
    scale.intoMemorySegment(MEMORY, factor, ORDER);
    m.intoMemorySegment(MEMORY, max, ORDER);
    FloatVector.fromMemorySegment(FLOATS, MEMORY, sum, ORDER)
        .mul(scale)
        .intoMemorySegment(MEMORY, sum, ORDER);
    return true;
  }

  /** Replaces the scores by their exponentials, and adds these to the sum. */
  private static void exponentials(long scores, long stride, int count, long max, long sum) {
    FloatVector m = shift(FloatVector.fromMemorySegment(FLOATS, MEMORY, max, ORDER));
    FloatVector l = FloatVector.zero(FLOATS);
    // Not neg(): C2 would negate again for each score. An addition takes the score from memory.
    FloatVector minusM = l.sub(m);
    long next = scores;
    for (int j = 0; j < count; j++) {
      long at = next & ADDRESS;
      FloatVector t = minusM.add(FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER));
      FloatVector e = powerOfTwo(t);
      e.intoMemorySegment(MEMORY, at, ORDER);
      l = e.add(l);
      next += stride;
    }
    FloatVector.fromMemorySegment(FLOATS, MEMORY, sum, ORDER)
        .add(l)
        .intoMemorySegment(MEMORY, sum, ORDER);
  }

  /** Replaces scores s by 2^(s - m) / l; 0 where l is 0, of a lane that saw no key. */
  static void probabilities(long scores, long stride, int count, long max, long sum) {
    FloatVector m = shift(FloatVector.fromMemorySegment(FLOATS, MEMORY, max, ORDER));
    FloatVector l = FloatVector.fromMemorySegment(FLOATS, MEMORY, sum, ORDER);
    VectorMask<Float> none = l.compare(VectorOperators.EQ, 0f);
    for (int j = 0; j < count; j++) {
      long at = scores + j * stride;
      FloatVector e = powerOfTwo(FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).sub(m));
      e.div(l).blend(0f, none).intoMemorySegment(MEMORY, at, ORDER);
    }
  }

  /**
   * What scores are shifted by. A lane that has seen nothing so far: (-inf) - (-inf) is NaN, so
   * shift by 0 and let 2^(-inf) be 0.
   */
  private static FloatVector shift(FloatVector top) {
    return top.blend(0f, top.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
  }

  /**
   * The largest of {@code start} and all scores of each lane, in four chains for latency. A NaN may
   * be passed over.
   */
  private static FloatVector highest(long scores, long stride, int count, FloatVector start) {
    FloatVector m0 = start;
    FloatVector m1 = start;
    FloatVector m2 = start;
    FloatVector m3 = start;
    long base = scores & ADDRESS;
    long step = stride & KEY_STRIDE;
    int j = 0;
    for (; j + 4 <= count; j += 4) {
      long at = base + j * step;
      FloatVector s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      FloatVector s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + step, ORDER);
      FloatVector s2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 2 * step, ORDER);
      FloatVector s3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 3 * step, ORDER);
      // compare and blend: FloatVector.max costs three times as much for its rules on NaN and -0.
      m0 = s0.blend(m0, s0.compare(VectorOperators.LT, m0));
      m1 = s1.blend(m1, s1.compare(VectorOperators.LT, m1));
      m2 = s2.blend(m2, s2.compare(VectorOperators.LT, m2));
      m3 = s3.blend(m3, s3.compare(VectorOperators.LT, m3));
    }
    for (; j < count; j++) {
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, MEMORY, base + j * step, ORDER);
      m0 = s.blend(m0, s.compare(VectorOperators.LT, m0));
    }
    m0 = m0.blend(m1, m0.compare(VectorOperators.LT, m1));
    m2 = m2.blend(m3, m2.compare(VectorOperators.LT, m3));
    return m0.blend(m2, m0.compare(VectorOperators.LT, m2));
  }

  /** 2^t for t up to 127. */
  static FloatVector powerOfTwo(FloatVector t) {
    FloatVector r = t.add(ROUND_BIASED);
    FloatVector f = t.sub(r.sub(ROUND_BIASED));
    // Estrin's scheme for the high terms shortens the chain; Horner's for the low ones, or their
    // rounding would show.
    FloatVector high = f.mul(f).fma(f.fma(C5, C4), f.fma(C3, C2));
    FloatVector p = f.fma(f.fma(high, C1), ONE);
    // Times 2^n, not an integer add to the exponent: that could turn a NaN into a number.
    IntVector power = r.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.mul(power.reinterpretAsFloats()).blend(0f, t.compare(VectorOperators.LT, SMALLEST));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  /** Sets {@code bytes} bytes, whole vectors, to one value. */
  static void fill(long target, long bytes, float value) {
    FloatVector v = FloatVector.broadcast(FLOATS, value);
    for (long at = 0; at < bytes; at += BYTES) {
      v.intoMemorySegment(MEMORY, target + at, ORDER);
    }
  }

  /** Writes 1 / l for each lane, 0 where l is 0, of a lane that saw no key. */
  static void reciprocals(long sum, int lanes, long factor) {
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    for (int lane = 0; lane < lanes; lane += LANES) {
      long at = (long) lane * Float.BYTES;
      FloatVector l = FloatVector.fromMemorySegment(FLOATS, MEMORY, sum + at, ORDER);
      one.div(l)
          .blend(0f, l.compare(VectorOperators.EQ, 0f))
          .intoMemorySegment(MEMORY, factor + at, ORDER);
    }
  }
}
