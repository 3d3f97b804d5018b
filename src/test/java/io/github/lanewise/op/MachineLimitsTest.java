package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MachineLimitsTest {
  private static final Duration SHORT = Duration.ofMillis(30);

  @Test
  void limitsArePositive() {
    assertTrue(MachineLimits.peakGflops(1, SHORT) > 0);
    assertTrue(MachineLimits.peakGflops(2, SHORT) > 0);
    assertTrue(MachineLimits.readGBs(1, 8 << 20, SHORT) > 0);
    assertTrue(MachineLimits.readGBs(64, 256 << 20, SHORT) > 0);
    assertTrue(MachineLimits.copyGBs(1, 8 << 20, SHORT) > 0);
    assertTrue(MachineLimits.copyGBs(2, 64 << 20, SHORT) > 0);
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> MachineLimits.peakGflops(0, SHORT));
    assertThrows(IllegalArgumentException.class, () -> MachineLimits.readGBs(0, 1 << 24, SHORT));
    assertThrows(IllegalArgumentException.class, () -> MachineLimits.readGBs(1, 1000, SHORT));
    assertThrows(IllegalArgumentException.class, () -> MachineLimits.copyGBs(0, 1 << 24, SHORT));
    assertThrows(IllegalArgumentException.class, () -> MachineLimits.copyGBs(1, 1 << 20, SHORT));
  }
}
