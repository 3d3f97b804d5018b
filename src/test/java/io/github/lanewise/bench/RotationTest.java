package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Storage;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationTest {
  private static final long GIB = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    "gemm, 1x4096x4096, true",
    "gemm, 16x4096x4096, true",
    "gemm, 17x4096x4096, false",
    "gemm, 128x384x384, false",
    "gemm, 1024x1024x1024, false",
    "softmax, 1024x4096, true",
    "attention, 'h32,q1,k4096,d128', true",
    "attention, 'h32,kv8,q1,k4096,d128', true",
    "attention, 'h12,q2048,k2048,d64', false"
  })
  void whatMemoryLimitsRotates(String operation, String shape, boolean rotates) {
    Operation op = Operation.valueOf(operation.toUpperCase(Locale.ROOT));
    Rotation rotation = Rotation.of(op.workload(shape), settings(OptionalLong.empty(), 16));
    assertEquals(rotates, rotation.copies() > 1);
    assertEquals(rotates, rotation.outOfCache());
    if (rotates) {
      assertTrue(rotation.bytes() >= Rotation.USUAL_BYTES, rotation.toString());
    }
  }

  @Test
  void theUserDecides() {
    Workload gemv = Operation.GEMM.workload("1x1024x1024");
    assertEquals(1, Rotation.of(gemv, settings(OptionalLong.of(0), 16)).copies());
    assertEquals(25, Rotation.of(gemv, settings(OptionalLong.of(100 << 20), 16)).copies());
    // 64 MiB is beyond a cache of 32 MiB, but not far enough that it keeps nothing.
    assertFalse(Rotation.of(gemv, settings(OptionalLong.of(64 << 20), 16)).outOfCache());
    assertTrue(Rotation.of(gemv, settings(OptionalLong.of(128 << 20), 16)).outOfCache());
  }

  /** Peers need the weights in another form: so much more memory, but as much for each to read. */
  @Test
  void peersDoNotShortenTheCircle() {
    Workload gemv = Operation.GEMM.workload("1x4096x4096");
    Settings comparing =
        new Settings(1, 1, OptionalLong.empty(), 32 << 20, 16 * GIB, List.of(new StandIn()));
    assertEquals(
        Rotation.of(gemv, settings(OptionalLong.empty(), 16)), Rotation.of(gemv, comparing));
  }

  @Test
  void memoryCapsIt() {
    Workload gemv = Operation.GEMM.workload("1x4096x4096");
    Settings small = new Settings(1, 1, OptionalLong.of(Long.MAX_VALUE), 32 << 20, GIB, List.of());
    Rotation rotation = Rotation.of(gemv, small);
    assertTrue(rotation.bytes() <= GIB / 2, rotation.toString());
    assertTrue(rotation.copies() > 1);
  }

  @ParameterizedTest
  @CsvSource({
    "gemm, 1000000x1000000x1000000, 1600",
    "gemm, 1073741824x1073741824x1073741824, available",
    "softmax, 1073741824x1073741824, available",
    "attention, 'b4096,h4096,q4096,k4096,d256', available"
  })
  void whatDoesNotFitIsRefusedWithItsFigures(String operation, String shape, String figure) {
    Operation op = Operation.valueOf(operation.toUpperCase(Locale.ROOT));
    for (boolean plain : new boolean[] {false, true}) {
      Workload workload = op.workload(shape, plain, Storage.F32);
      IllegalStateException refused =
          assertThrows(
              IllegalStateException.class,
              () -> Rotation.of(workload, settings(OptionalLong.empty(), 16)));
      assertTrue(refused.getMessage().contains(figure), refused.getMessage());
      assertTrue(refused.getMessage().contains("17.18 GB are available"), refused.getMessage());
    }
  }

  private static Settings settings(OptionalLong rotate, int gib) {
    return new Settings(1, 1, rotate, 32 << 20, gib * GIB, List.of());
  }
}
