package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.RowGroups;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Softmax of rows no longer than a vector: as many at a time as a vector holds. */
final class ShortRows {
  private static final FloatVector HIDDEN = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);
  private static final FloatVector ONE = splat(1f);
  private static final FloatVector LN2 = splat(0.6931472f);
  private static final FloatVector L1 = splat(2f / 3);
  private static final FloatVector L2 = splat(2f / 5);
  private static final FloatVector L3 = splat(2f / 7);
  private static final FloatVector L4 = splat(2f / 9);

  /** The bits of √½: sums are split into 2^k·m with m from √½ to √2. */
  private static final int ROOT_HALF = 0x3f3504f3;

  private ShortRows() {}

  /** Rows end to end, in place or not. */
  static void endToEnd(long x, long out, int rows, int n, float scale, boolean logarithm) {
    int rowsAtOnce = LANES / RowGroups.slot(n);
    int vectors = rows / rowsAtOnce;
    some(x, out, vectors, rowsAtOnce * n, n, scale, logarithm);
    int rest = rows % rowsAtOnce;
    if (rest > 0) {
      long at = (long) vectors * rowsAtOnce * n * Float.BYTES;
      some(x + at, out + at, 1, rest * n, n, scale, logarithm);
    }
  }

  private static void some(
      long x, long out, int vectors, int lanes, int n, float scale, boolean logarithm) {
    if (logarithm) {
      logarithms(x, out, vectors, lanes, n, scale);
    } else {
      weights(x, out, vectors, lanes, n, scale);
    }
  }

  /** Rows of {@code n} floats, {@code lanes} floats at a time. */
  private static void weights(long x, long out, int vectors, int lanes, int n, float scale) {
    int slot = RowGroups.slot(n);
    VectorShuffle<Float> spread = RowGroups.spread(n);
    VectorShuffle<Float> gather = RowGroups.gather(n);
    VectorShuffle<Float> by1 = RowGroups.step(slot, 1);
    VectorShuffle<Float> by2 = RowGroups.step(slot, 2);
    VectorShuffle<Float> by4 = RowGroups.step(slot, 4);
    VectorShuffle<Float> by8 = RowGroups.step(slot, 8);
    FloatVector share = splat((float) slot / LANES);
    VectorMask<Float> filled = RowGroups.filled(n);
    VectorMask<Float> used = FLOATS.indexInRange(0, lanes);
    FloatVector factor = splat(Weight.factor(scale));
    for (int i = 0; i < vectors; i++) {
      long at = (long) i * lanes * Float.BYTES;
      FloatVector v =
          HIDDEN.blend(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, used).rearrange(spread),
              filled);
      FloatVector max = RowGroups.maxima(v, by1, by2, by4, by8);
      FloatVector shift = max.blend(ZERO, max.compare(VectorOperators.EQ, HIDDEN));
      FloatVector e = Weight.of(v.sub(shift), factor);
      FloatVector sum = RowGroups.sums(e, by1, by2, by4, by8).mul(share);
      FloatVector divisor = sum.blend(ONE, sum.compare(VectorOperators.EQ, ZERO));
      e.div(divisor).rearrange(gather).intoMemorySegment(MEMORY, out + at, ORDER, used);
    }
  }

  private static void logarithms(long x, long out, int vectors, int lanes, int n, float scale) {
    int slot = RowGroups.slot(n);
    VectorShuffle<Float> spread = RowGroups.spread(n);
    VectorShuffle<Float> gather = RowGroups.gather(n);
    VectorShuffle<Float> by1 = RowGroups.step(slot, 1);
    VectorShuffle<Float> by2 = RowGroups.step(slot, 2);
    VectorShuffle<Float> by4 = RowGroups.step(slot, 4);
    VectorShuffle<Float> by8 = RowGroups.step(slot, 8);
    FloatVector share = splat((float) slot / LANES);
    VectorMask<Float> filled = RowGroups.filled(n);
    VectorMask<Float> used = FLOATS.indexInRange(0, lanes);
    FloatVector factor = splat(Weight.factor(scale));
    FloatVector scales = splat(scale);
    for (int i = 0; i < vectors; i++) {
      long at = (long) i * lanes * Float.BYTES;
      FloatVector v =
          HIDDEN.blend(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, used).rearrange(spread),
              filled);
      FloatVector max = RowGroups.maxima(v, by1, by2, by4, by8);
      FloatVector d = v.sub(max.blend(ZERO, max.compare(VectorOperators.EQ, HIDDEN)));
      FloatVector sum = RowGroups.sums(Weight.of(d, factor), by1, by2, by4, by8).mul(share);
      d.fma(scales, log(sum).neg())
          .rearrange(gather)
          .intoMemorySegment(MEMORY, out + at, ORDER, used);
    }
  }

  /**
   * ln of a sum of weights: 1 to LANES, 0 (any finite result will do) or NaN. With m = 2^-k·s, f =
   * (m - 1)/(m + 1): ln m = 2·artanh f, at most 0.1716 in size, so five terms leave 7e-10.
   */
  private static FloatVector log(FloatVector s) {
    IntVector bits = s.reinterpretAsInts();
    IntVector k = bits.sub(ROOT_HALF).lanewise(VectorOperators.ASHR, 23);
    FloatVector m = bits.sub(k.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats();
    FloatVector f = m.sub(ONE).div(m.add(ONE));
    FloatVector f2 = f.mul(f);
    FloatVector p = f2.fma(L4, L3);
    p = p.fma(f2, L2);
    p = p.fma(f2, L1);
    p = p.mul(f2).fma(f, f.add(f));
    FloatVector exponent = (FloatVector) k.convert(VectorOperators.I2F, 0);
    // s - s is NaN where s is.
    return exponent.fma(LN2, p).add(s.sub(s));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
