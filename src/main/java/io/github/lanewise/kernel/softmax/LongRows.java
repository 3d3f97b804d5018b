package io.github.lanewise.kernel.softmax;

import static io.github.lanewise.simd.Simd.FLOAT;
import static io.github.lanewise.simd.Simd.FLOATS;
import static io.github.lanewise.simd.Simd.LANES;
import static io.github.lanewise.simd.Simd.MEMORY;

/**
 * Softmax of rows of any length above a vector's, by pieces that stay in L1 (Milakov and Gimelshein
 * 2018, "Online normalizer calculation for softmax").
 *
 * <p>A piece's weights are taken from a base, the largest element so far, or an older one as long
 * as weights stay below {@link #MOST}; so nearly all pieces of a row share one base, and the few
 * that do not get a factor of their own when the row is divided by its sum. While the weights of a
 * piece are computed, the maximum of the next piece is taken, be it the next row's: its loads keep
 * the memory busy.
 */
final class LongRows {
  /**
   * Floats whose weights are summed in f32 before the sum goes on in double: a lane of the
   * narrowest vector then takes 256 additions, whatever the row's length. A multiple of all vector
   * lengths. Two pieces read and one written are 12 KiB, in L1.
   */
  static final int PIECE = 1024;

  /** Binary logarithm of the largest weight that does not ask for a new base. */
  private static final float MOST = 8;

  private LongRows() {}

  /** Bytes of working memory: the bases of the pieces, or the weights of one. */
  static long scratchBytes(int n) {
    return (long) Math.max(PIECE, Math.ceilDiv(n, PIECE)) * Float.BYTES;
  }

  /** Elements of a piece; the last one of a row may have fewer. */
  private static int pieceLength(int n) {
    return n <= PIECE ? n : Math.ceilDiv(Math.ceilDiv(n, Math.ceilDiv(n, PIECE)), LANES) * LANES;
  }

  /** See {@link SoftmaxKernel#rows}. */
  static void rows(
      long x,
      long ldx,
      long out,
      long ldo,
      int rows,
      int n,
      float scale,
      boolean logarithm,
      long scratch) {
    float ahead = RowPasses.max(x, pieceLength(n));
    for (int row = 0; row < rows; row++) {
      long from = x + row * ldx;
      // The last row looks ahead at itself: what it finds is not used.
      long next = row + 1 < rows ? from + ldx : from;
      ahead = row(from, out + row * ldo, next, ahead, n, scale, logarithm, scratch);
    }
  }

  /**
   * One row.
   *
   * @param first the largest element of its first piece
   * @return the largest element of the first piece at {@code nextRow}
   */
  private static float row(
      long x,
      long out,
      long nextRow,
      float first,
      int n,
      float scale,
      boolean logarithm,
      long scratch) {
    float factor = Weight.factor(scale);
    int piece = pieceLength(n);
    float ahead = first;
    float max = Float.NEGATIVE_INFINITY;
    float base = max;
    double sum = 0;
    for (int start = 0; start < n; start += piece) {
      max = larger(ahead, max);
      // Not (... > MOST): a NaN becomes the base and shows.
      if (!((max - base) * factor <= MOST)) {
        sum *= sum == 0 ? 1 : power(base, max, scale);
        base = max;
      }
      if (!logarithm) {
        MEMORY.set(FLOAT, scratch + (long) (start / piece) * Float.BYTES, base);
      }
      long at = (long) start * Float.BYTES;
      int count = Math.min(piece, n - start);
      boolean last = start + count == n;
      // A last piece that is shorter is looked at together with the end of the one before.
      long next = last ? nextRow : x + (long) Math.min(start + piece, n - piece) * Float.BYTES;
      // A logarithm needs x once more, and out may be x.
      long weights = logarithm ? scratch : out + at;
      int whole = FLOATS.loopBound(count);
      long pair = RowPasses.weights(x + at, weights, whole, factor, shift(base), next);
      sum += RowPasses.sumOf(pair);
      ahead = RowPasses.maxOf(pair);
      if (whole < count) {
        long rest = (long) whole * Float.BYTES;
        pair =
            RowPasses.restOfWeights(
                x + at + rest, weights + rest, count - whole, factor, shift(base), next + rest);
        sum += RowPasses.sumOf(pair);
        ahead = larger(RowPasses.maxOf(pair), ahead);
      }
      if (count < piece) {
        int left = Math.max(piece - count, LANES);
        ahead = larger(RowPasses.max(next + (long) (piece - left) * Float.BYTES, left), ahead);
      }
    }
    if (logarithm) {
      float log = sum == 0 ? 0 : (float) StrictMath.log(sum);
      RowPasses.subtract(x, out, n, scale, shift(base), log);
    } else {
      divide(out, n, scale, base, sum, scratch);
    }
    return ahead;
  }

  /** Divides by the sum, pieces of one base together. */
  private static void divide(long out, int n, float scale, float base, double sum, long bases) {
    double finish = sum == 0 ? 0 : 1 / sum;
    int piece = pieceLength(n);
    int from = 0;
    while (from < n) {
      float own = MEMORY.get(FLOAT, bases + (long) (from / piece) * Float.BYTES);
      int to = Math.min(n, from + piece);
      while (to < n && MEMORY.get(FLOAT, bases + (long) (to / piece) * Float.BYTES) == own) {
        to = Math.min(n, to + piece);
      }
      double factor = own == base ? finish : finish * power(own, base, scale);
      RowPasses.scale(out + (long) from * Float.BYTES, to - from, (float) factor);
      from = to;
    }
  }

  /** e^(scale · (from - to)); StrictMath, so that the bits are the same on every machine. */
  private static double power(float from, float to, float scale) {
    return StrictMath.exp(((double) from - to) * scale);
  }

  /** All hidden so far: (-inf) - (-inf) is NaN, so shift by 0 and let the weights be 0. */
  private static float shift(float base) {
    return base == Float.NEGATIVE_INFINITY ? 0 : base;
  }

  /** The larger; {@code a} if one is NaN. */
  private static float larger(float a, float b) {
    return a < b ? b : a;
  }
}
