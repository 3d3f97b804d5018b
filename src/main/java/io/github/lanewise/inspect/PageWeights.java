package io.github.lanewise.inspect;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Base64;
import java.util.zip.Deflater;

/**
 * The weights of a head for a page: rounded to the four decimals that it shows, as whole numbers of
 * {@code 1 / SCALE}; low bytes of all, then high bytes of all (mostly 0), deflated, in Base64.
 */
final class PageWeights {
  /** What a weight of 1 is. */
  static final int SCALE = 10_000;

  private static final int DECIMALS = 4;

  private PageWeights() {}

  /** The weights of a head, [queries, keys]. */
  static String of(AttentionMaps maps, int layer, int head) {
    int count = maps.queries().size() * maps.keys().size();
    float[] weights = maps.layer(layer);
    byte[] planes = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      int units = units(weights[head * count + i]);
      planes[i] = (byte) units;
      planes[count + i] = (byte) (units >> 8);
    }
    return Base64.getEncoder().encodeToString(deflate(planes));
  }

  /** A weight in units, rounded half up in decimal as it is printed: what a reader of JSON gets. */
  static int units(float weight) {
    double units = (double) weight * SCALE;
    double toHalf = Math.abs(units - Math.floor(units) - 0.5);
    if (toHalf > 1e-3) { // the shortest decimal of a float is nearer to it than this
      return (int) Math.round(units);
    }
    return new BigDecimal(Float.toString(weight))
        .setScale(DECIMALS, RoundingMode.HALF_UP)
        .movePointRight(DECIMALS)
        .intValueExact();
  }

  private static byte[] deflate(byte[] bytes) {
    try (Deflater deflater = new Deflater()) {
      deflater.setInput(bytes);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2 + 64);
      byte[] buffer = new byte[1 << 16];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return out.toByteArray();
    }
  }
}
