package io.github.lanewise.kernel.norm;

import static io.github.lanewise.simd.Simd.BYTES;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;
import static io.github.lanewise.simd.Simd.ORDER;

import io.github.lanewise.simd.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019) of one row. The mean and the
 * variance are corrected for the rounding of a first mean (Chan, Golub and LeVeque 1983), so that
 * an offset far larger than the deviations costs no accuracy.
 */
public final class NormKernel {
  private NormKernel() {}

  /** out = (x - mean(x)) / √(variance(x) + epsilon) · gamma + beta; out may be x. */
  public static void layerNorm(long x, long gamma, long beta, long out, int n, float epsilon) {
    float mean = sum(x, n, 0) / n;
    // What rounding left of the mean: small beside the deviations, so its own rounding is nothing.
    float rest = sum(x, n, mean) / n;
    double variance = sumOfSquares(x, n, mean) / (double) n - (double) rest * rest;
    float scale = (float) (1 / Math.sqrt(Math.max(variance, 0) + epsilon));
    standardise(x, gamma, beta, out, n, mean, scale, -rest * scale);
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

  /** out = x / √(mean(x²) + epsilon) · gamma; out may be x. */
  public static void rmsNorm(long x, long gamma, long out, int n, float epsilon) {
    float scale = (float) (1 / Math.sqrt(sumOfSquares(x, n, 0) / (double) n + epsilon));
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

  /** Σ (x - centre). */
  private static float sum(long x, int n, float centre) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      s0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).sub(centre).add(s0);
      s1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).sub(centre).add(s1);
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      s0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest)
              .sub(centre)
              .blend(0f, rest.not())
              .add(s0);
    }
    return Lanes.sum(s0.add(s1));
  }

  /** Σ (x - centre)². */
  private static float sumOfSquares(long x, int n, float centre) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = x + (long) i * Float.BYTES;
      FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER).sub(centre);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at + BYTES, ORDER).sub(centre);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
    }
    for (; i < n; i += LANES) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, n);
      long at = x + (long) i * Float.BYTES;
      FloatVector d =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, at, ORDER, rest)
              .sub(centre)
              .blend(0f, rest.not());
      s0 = d.fma(d, s0);
    }
    return Lanes.sum(s0.add(s1));
  }
}
