package io.github.lanewise.kernel.norm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import io.github.lanewise.simd.RowMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * LayerNorm (Ba et al. 2016), RMSNorm (Zhang and Sennrich 2019) and unit length of rows. The mean
 * and the variance are corrected for the rounding of a first mean (Chan, Golub and LeVeque 1983),
 * so that an offset far larger than the deviations costs no accuracy. A row's bits depend on the
 * row alone.
 */
public final class NormKernel {
  /** Sums of squares outside of these are taken again in double: f32 has lost or drowned some. */
  private static final float SMALLEST = 0x1p-90f;

  private static final float LARGEST = 0x1p120f;

  private NormKernel() {}

  /**
   * out = (x - mean(x)) / √(variance(x) + epsilon) · gamma + beta for {@code rows} rows of {@code
   * n} floats; {@code ldx}, {@code ldo} are bytes from row to row; out may be x.
   */
  public static void layerNorm(
      long x, long ldx, long gamma, long beta, long out, long ldo, int rows, int n, float epsilon) {
    for (int row = 0; row < rows; row++) {
      long from = x + row * ldx;
      float mean = sum(from, n) / n;
      long moments = moments(from, n, mean);
      // What rounding left of the mean: small beside the deviations, so its own rounding is
      // nothing.
      float rest = first(moments) / n;
      double variance = second(moments) / (double) n - (double) rest * rest;
      if (!(second(moments) > SMALLEST && second(moments) < LARGEST)) {
        float start = MEMORY.get(FLOAT, from);
        if (isAll(from, n, start)) {
          mean = start;
          rest = 0;
          variance = 0;
        } else {
          double exact = WideMoments.mean(from, n);
          mean = (float) exact;
          rest = (float) (exact - mean);
          variance = WideMoments.variance(from, n, exact);
        }
      }
      float scale = (float) (1 / Math.sqrt(Math.max(variance, 0) + epsilon));
      standardise(from, gamma, beta, out + row * ldo, n, mean, scale, -rest * scale);
    }
  }

  /** out = x / √(mean(x²) + epsilon) · gamma; as above. */
  public static void rmsNorm(
      long x, long ldx, long gamma, long out, long ldo, int rows, int n, float epsilon) {
    for (int row = 0; row < rows; row++) {
      long from = x + row * ldx;
      float squares = sumOfSquares(from, n);
      double meanSquare = squares / (double) n;
      if (!(squares > SMALLEST && squares < LARGEST)) {
        meanSquare = isAll(from, n, 0) ? 0 : WideMoments.variance(from, n, 0);
      }
      float scale = (float) (1 / Math.sqrt(meanSquare + epsilon));
      scale(from, gamma, out + row * ldo, n, scale);
    }
  }

  /**
   * out = x / max(‖x‖, least) for a row of {@code n} floats, ‖x‖ = √Σx²; out may be x. A row of
   * zeros gives zeros.
   */
  public static void unit(long x, long out, int n, double least) {
    double squares = sumOfSquares(x, n);
    if (!(squares > SMALLEST && squares < LARGEST)) {
      squares = isAll(x, n, 0) ? 0 : WideMoments.variance(x, n, 0) * n;
    }
    RowMath.scale((float) (1 / Math.max(Math.sqrt(squares), least)), x, out, n);
  }

  /** out = ((x - mean) · scale + shift) · gamma + beta. */
  private static void standardise(
      long x, long gamma, long beta, long out, int n, float mean, float scale, float shift) {
    FloatVector factor = FloatVector.broadcast(FLOATS, scale);
    FloatVector addend = FloatVector.broadcast(FLOATS, shift);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .sub(mean)
          .fma(factor, addend)
          .fma(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, gamma + at, ORDER),
              FloatVector.fromMemorySegment(FLOATS, MEMORY, beta + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .sub(mean)
          .fma(factor, addend)
          .fma(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, gamma + at, ORDER, rest),
              FloatVector.fromMemorySegment(FLOATS, MEMORY, beta + at, ORDER, rest))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** out = x · scale · gamma. */
  private static void scale(long x, long gamma, long out, int n, float scale) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER)
          .mul(scale)
          .mul(FloatVector.fromMemorySegment(FLOATS, MEMORY, gamma + at, ORDER))
          .intoMemorySegment(MEMORY, out + at, ORDER);
    }
    if (i < n) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, MEMORY, x + at, ORDER, rest)
          .mul(scale)
          .mul(FloatVector.fromMemorySegment(FLOATS, MEMORY, gamma + at, ORDER, rest))
          .intoMemorySegment(MEMORY, out + at, ORDER, rest);
    }
  }

  /** Whether every element is the same finite number, as in rows of padding. */
  private static boolean isAll(long x, int n, float value) {
    for (int i = 0; i < n; i += LANES) {
      VectorMask<Float> inside = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      // An infinite or NaN value has a difference of NaN.
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, inside).sub(value);
      if (d.compare(VectorOperators.NE, 0f).and(inside).anyTrue()) {
        return false;
      }
    }
    return true;
  }

  /** Σ x. */
  private static float sum(long x, int n) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).add(s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).add(s1);
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest).add(s0);
    }
    return Lanes.sum(s0.add(s1));
  }

  /** Σ x². */
  private static float sumOfSquares(long x, int n) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest);
      s0 = d.fma(d, s0);
    }
    return Lanes.sum(s0.add(s1));
  }

  /** Σ (x - mean) and Σ (x - mean)², as one value since a kernel must not allocate. */
  private static long moments(long x, int n, float mean) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector q0 = s0;
    FloatVector q1 = s0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).sub(mean);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).sub(mean);
      s0 = d0.add(s0);
      s1 = d1.add(s1);
      q0 = d0.fma(d0, q0);
      q1 = d1.fma(d1, q1);
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      FloatVector d =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest)
              .sub(mean)
              .blend(0f, rest.not());
      s0 = d.add(s0);
      q0 = d.fma(d, q0);
    }
    return (long) Float.floatToRawIntBits(Lanes.sum(s0.add(s1))) << 32
        | (Float.floatToRawIntBits(Lanes.sum(q0.add(q1))) & 0xffffffffL);
  }

  private static float first(long moments) {
    return Float.intBitsToFloat((int) (moments >> 32));
  }

  private static float second(long moments) {
    return Float.intBitsToFloat((int) moments);
  }
}
