package io.github.lanewise.op;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Asks HotSpot whether it uses the CPU's multiply-add; other JVMs are taken to do so. */
final class HardwareFma {
  private HardwareFma() {}

  static boolean present() {
    try {
      HotSpotDiagnosticMXBean hotSpot =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return value(hotSpot);
    } catch (IllegalArgumentException absent) {
      return true;
    }
  }

  private static boolean value(@Nullable HotSpotDiagnosticMXBean hotSpot) {
    return hotSpot == null || Boolean.parseBoolean(hotSpot.getVMOption("UseFMA").getValue());
  }
}
