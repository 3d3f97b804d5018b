package io.github.lanewise.inspect;

import java.util.HexFormat;

/**
 * Colours of weights: one hue that changes in lightness by equal steps of Oklab (Ottosson 2020), so
 * that equal differences look equal, to colour-blind eyes and in grey print too.
 */
enum Palette {
  /** On paper: nothing is nearly white, all is dark. */
  LIGHT(0.975, 0.25, 0.008, 0.10, 238, 268),
  /** On a dark page: nothing is nearly black, all is bright. */
  DARK(0.255, 0.97, 0.025, 0.05, 268, 200);

  /** How many colours there are. */
  static final int SIZE = 256;

  private static final double MIDDLE_CHROMA = 0.07; // above the line between the ends

  @SuppressWarnings("ImmutableEnumChecker") // written by the constructor only, handed out to nobody
  private final int[] colours = new int[SIZE];

  Palette(
      double lightness0,
      double lightness1,
      double chroma0,
      double chroma1,
      double hue0,
      double hue1) {
    for (int i = 0; i < SIZE; i++) {
      double t = i / (SIZE - 1.0);
      double chroma = chroma0 + t * (chroma1 - chroma0) + MIDDLE_CHROMA * Math.sin(Math.PI * t);
      double hue = Math.toRadians(hue0 + t * (hue1 - hue0));
      colours[i] =
          rgb(
              lightness0 + t * (lightness1 - lightness0),
              chroma * Math.cos(hue),
              chroma * Math.sin(hue));
    }
  }

  /** The colour of a weight, 0xRRGGBB: by its square root, since small weights are many. */
  int of(double weight) {
    return colours[(int) Math.round((SIZE - 1) * Math.sqrt(Math.clamp(weight, 0.0, 1.0)))];
  }

  /** All colours, six hexadecimal digits each. */
  String hex() {
    StringBuilder text = new StringBuilder();
    for (int colour : colours) {
      text.append(HexFormat.of().toHexDigits(colour, 6));
    }
    return text.toString();
  }

  /** Oklab to sRGB; what no screen can show is clipped. */
  private static int rgb(double lightness, double a, double b) {
    double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
    return gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) << 16
        | gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8
        | gamma(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
  }

  private static double cube(double x) {
    return x * x * x;
  }

  private static int gamma(double linear) {
    double x = Math.clamp(linear, 0.0, 1.0);
    double shown = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.pow(x, 1 / 2.4) - 0.055;
    return (int) Math.round(255 * shown);
  }
}
