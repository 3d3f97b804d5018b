package io.github.lanewise.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageWeightsTest {
  @Test
  void roundsAsTheirTextDoes() {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      assertRounded(random.nextFloat());
      assertRounded((random.nextInt(10_000) + 0.5f) / 10_000); // at and beside a half
      assertRounded(Math.nextDown((random.nextInt(10_000) + 0.5f) / 10_000));
    }
    assertRounded(0);
    assertRounded(1);
    assertRounded(Float.MIN_VALUE);
    assertRounded(0.00005f);
  }

  private static void assertRounded(float weight) {
    BigDecimal wanted = new BigDecimal(Float.toString(weight)).setScale(4, RoundingMode.HALF_UP);
    assertEquals(wanted.movePointRight(4).intValueExact(), PageWeights.units(weight));
  }

  @Test
  void twelveLayersOfTwelveHeadsAndSixtyFourTokensTakeLessThanTwoMegabytes() throws IOException {
    int bytes = HtmlPageTest.bytes(RandomMaps.self(12, 12, 64));
    assertTrue(bytes < 2_000_000, () -> bytes + " bytes");
  }

  @Test
  void coloursGetDarkerOnPaperAndBrighterInTheDark() {
    double light = Double.POSITIVE_INFINITY;
    double dark = 0;
    for (int i = 0; i < Palette.SIZE; i++) {
      double share = i / (Palette.SIZE - 1.0);
      double onPaper = luminance(Palette.LIGHT.of(share * share));
      double inTheDark = luminance(Palette.DARK.of(share * share));
      assertTrue(onPaper < light + 2e-3, "light " + i); // steps of 8 bits
      assertTrue(inTheDark > dark - 2e-3, "dark " + i);
      light = onPaper;
      dark = inTheDark;
    }
    assertTrue(luminance(Palette.LIGHT.of(0)) > 0.9);
    assertTrue(luminance(Palette.LIGHT.of(1)) < 0.05);
  }

  /** As WCAG 2.1 defines it. */
  private static double luminance(int colour) {
    double[] weights = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      double x = (colour >> (16 - 8 * i) & 0xFF) / 255.0;
      sum += weights[i] * (x <= 0.03928 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4));
    }
    return sum;
  }
}
