package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.PackedWeights;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Shapes as users write them, and the work that they stand for. */
class ShapesTest {
  @Test
  void gemm() {
    GemmWorkload gemm = GemmWorkload.parse("2x3x5", false, Storage.F32);
    assertEquals(new GemmWorkload("2x3x5", 2, 3, 5, false, Storage.F32), gemm);
    assertEquals(2 * 2 * 3 * 5, gemm.flops());
    assertEquals(4 * (2 * 5 + 3 * 5), gemm.readBytes());
    assertEquals(4 * 2 * 3, gemm.writtenBytes());
    assertEquals(4.0 * (2 * 5 + 3 * 5), gemm.boundBytes());
    assertEquals(PackedWeights.bytesFor(3, 5), gemm.bytesOfCopy(false));
    assertEquals(4 * 15 + PackedWeights.bytesFor(3, 5), gemm.bytesOfCopy(true));
    assertEquals(4 * 15, GemmWorkload.parse("2x3x5", true, Storage.F32).bytesOfCopy(false));
  }

  @Test
  void storedWeightsAreFewerBytes() {
    GemmWorkload gemm = GemmWorkload.parse("2x3x5", false, Storage.BF16);
    assertEquals(4 * 2 * 5 + 2 * 3 * 5, gemm.readBytes());
    assertEquals(PackedWeights.bytesFor(Storage.BF16, 3, 5), gemm.bytesOfCopy(false));
    assertThrows(
        IllegalArgumentException.class, () -> GemmWorkload.parse("2x3x5", true, Storage.F16));
  }

  @Test
  void softmax() {
    SoftmaxWorkload softmax = SoftmaxWorkload.parse("7x1000");
    assertEquals(new SoftmaxWorkload("7x1000", 7, 1000), softmax);
    assertEquals(28_000, softmax.readBytes());
    assertEquals(56_000, softmax.boundBytes());
    assertEquals(84_000, softmax.bytesOfCopy(true));
  }

  @Test
  void attention() {
    assertEquals(
        new AttentionWorkload("b2,h12,kv4,q5,k7,d64,causal", 2, 12, 4, 5, 7, 64, true),
        AttentionWorkload.parse("b2,h12,kv4,q5,k7,d64,causal"));
    AttentionWorkload few = AttentionWorkload.parse("h12,q5,k7,d64");
    assertEquals(new AttentionWorkload("h12,q5,k7,d64", 1, 12, 12, 5, 7, 64, false), few);
    assertEquals(4 * 5 * 7 * 12 * 64, few.flops());
    assertEquals(4 * (5 + 7 + 7) * 12 * 64, few.readBytes());
    assertEquals(4 * 5 * 12 * 64, few.writtenBytes());
  }

  /** By counting, query by query, the keys that are not masked. */
  @ParameterizedTest
  @CsvSource({"5, 5", "1, 9", "3, 8", "8, 3", "1, 1"})
  void causalWorkCountsWhatIsNotMasked(int queries, int keys) {
    long pairs = 0;
    for (int i = 0; i < queries; i++) {
      pairs += Math.clamp(i + 1 + keys - queries, 0, keys);
    }
    String shape = "b3,h2,q" + queries + ",k" + keys + ",d16,causal";
    assertEquals(4.0 * pairs * 3 * 2 * 16, AttentionWorkload.parse(shape).flops());
  }

  @ParameterizedTest
  @EnumSource
  void usualShapesAreShapes(Operation operation) {
    for (boolean plain : new boolean[] {false, true}) {
      assertFalse(operation.usualShapes(plain).isEmpty());
      for (String shape : operation.usualShapes(plain)) {
        Workload workload = operation.workload(shape, plain, Storage.F32);
        assertEquals(shape, workload.shape());
        assertEquals(operation, workload.op());
        assertTrue(workload.flops() > 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gemm | 1x2            | must be MxNxK
          gemm | 1x2x3x4        | must be MxNxK
          gemm | ''             | must be MxNxK
          gemm | 0x2x3          | M is 0, must be a whole number from 1 to 1073741824
          gemm | 1x-2x3         | N is -2, must be a whole number
          gemm | 1x2x           | K is '', must be a whole number
          gemm | 1x2x3.5        | K is '3.5', must be a whole number
          gemm | 1x2x1073741825 | K is 1073741825, must be a whole number from 1 to 1073741824
          gemm | 1x2x99999999999999999999999 | K is 99999999999999999999999, must be
          gemm | 1X2X3          | must be MxNxK
          softmax | 5           | must be RxC
          softmax | 5x6x7       | must be RxC
          softmax | 5x00        | C is 00, must be a whole number
          softmax | ax5         | R is 'a', must be
          attention | b1,h12,q5,k5        | d is missing
          attention | ''                  | '' is no part of b1,h12
          attention | h2,q5,k5,d64,x9     | 'x9' is no part of b1,h12
          attention | h2,q5,k5,d64,full   | 'full' is no part of
          attention | h2,q5,k5,d64,h3     | h is given twice
          attention | h2,q5,k5,d64,causal,causal | causal is given twice
          attention | h0,q5,k5,d64        | h is 0, must be a whole number
          attention | h2,q-1,k5,d64       | q is -1, must be a whole number
          attention | h2,q,k5,d64         | q is '', must be a whole number
          attention | h2,q5,k5,d257       | headDim is 257, must be at most 256
          attention | h6,kv4,q5,k5,d64    | numKvHeads is 4, must divide numHeads = 6
          attention | h1,q5,k16777217,d64 | b*k is 16777217, must be at most 16777216
          attention | b65536,h1,q65536,k1,d64 | b*q is 4294967296, must be at most
          attention | h99999999,q1,k1,d256 | h*d is 25599999744, must be at most
          attention | h2,q5,k5,d64,window=3 | has no local window
          """)
  void wrongShapesAreExplained(String operation, String shape, String message) {
    Operation op = Operation.valueOf(operation.toUpperCase(Locale.ROOT));
    IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> op.workload(shape));
    assertTrue(wrong.getMessage().startsWith("shape '" + shape + "': "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }
}
