package io.github.lanewise.kernel.rope;

/**
 * The definition of rotary position embedding (Su et al. 2021, section 3.4.2), in double precision.
 */
public final class RopeReference {
  private RopeReference() {}

  /** The angle by which pair {@code pair} of a head turns at {@code position}. */
  public static double angle(int position, int pair, int headDim, double theta) {
    return position * frequency(pair, headDim, theta);
  }

  /** The angle by which pair {@code pair} of a head turns from one position to the next. */
  public static double frequency(int pair, int headDim, double theta) {
    return StrictMath.pow(theta, -2.0 * pair / headDim);
  }

  /** Rotates one head; {@code interleaved} pairs (2i, 2i + 1), otherwise (i, i + headDim/2). */
  public static double[] rotate(float[] head, int position, double theta, boolean interleaved) {
    int half = head.length / 2;
    double[] out = new double[head.length];
    for (int pair = 0; pair < half; pair++) {
      int first = interleaved ? 2 * pair : pair;
      int second = interleaved ? 2 * pair + 1 : pair + half;
      double angle = angle(position, pair, head.length, theta);
      out[first] = head[first] * Math.cos(angle) - head[second] * Math.sin(angle);
      out[second] = head[second] * Math.cos(angle) + head[first] * Math.sin(angle);
    }
    return out;
  }
}
