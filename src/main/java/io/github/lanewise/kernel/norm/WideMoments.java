package io.github.lanewise.kernel.norm;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.MEMORY;

/** Mean and variance in double, for the rare row whose squares f32 cannot hold. */
final class WideMoments {
  private WideMoments() {}

  static double mean(long x, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += MEMORY.get(FLOAT, x + (long) i * Float.BYTES);
    }
    return sum / n;
  }

  /** The mean of (x - centre)². */
  static double variance(long x, int n, double centre) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = MEMORY.get(FLOAT, x + (long) i * Float.BYTES) - centre;
      sum += d * d;
    }
    return sum / n;
  }
}
