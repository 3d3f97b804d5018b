package io.github.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.BlockMask;
import io.github.lanewise.op.PackedWeights;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        new AttentionWorkload(
            "b2,h12,kv4,q5,k7,d64,causal",
            2,
            5,
            7,
            AttentionSpec.of(12, 4, 64, true),
            false,
            Storage.F32),
        AttentionWorkload.parse("b2,h12,kv4,q5,k7,d64,causal"));
    AttentionWorkload few = AttentionWorkload.parse("h12,q5,k7,d64");
    assertEquals(AttentionSpec.of(12, 12, 64, false), few.spec());
    assertEquals(1, few.batch());
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

  /** By asking, pair by pair. */
  @ParameterizedTest
  @ValueSource(strings = {"window=3", "window=0,causal", "window=2:5", "window=0:0", "causal"})
  void workCountsWhatIsVisible(String form) {
    for (String blocks : new String[] {"", ",block=bigbird:2", ",block=strided:1"}) {
      AttentionWorkload workload = AttentionWorkload.parse("b3,h2,q30,k41,d16," + form + blocks);
      BlockMask mask = workload.spec().blockMask();
      long pairs = 0;
      for (int i = 11; i < 41; i++) {
        for (int j = 0; j < 41; j++) {
          boolean inWindow =
              j >= (long) i - workload.spec().left() && j <= (long) i + workload.spec().right();
          boolean inBlocks = mask == null || mask.sees(i / mask.blockSize(), j / mask.blockSize());
          pairs += inWindow && inBlocks ? 1 : 0;
        }
      }
      assertEquals(4.0 * pairs * 3 * 2 * 16, workload.flops(), form + blocks);
    }
  }

  @Test
  void cachesAndStates() {
    AttentionWorkload decode = AttentionWorkload.parse("h4,kv2,q1,k1000,d8,window=99,causal,bf16");
    assertEquals(4 * 4 * 8 + 2 * 2 * 100 * 2 * 8, decode.readBytes());
    assertEquals(2 * 2 * 1000 * 2 * 8, decode.bytesOfCopy(false));
    AttentionWorkload linear = AttentionWorkload.parse("h4,kv2,q3,k5,d8,linear");
    assertEquals(2 * (3 * 4 + 5 * 2) * 8 * 8, linear.flops());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "EMBED") // needs a model
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
          attention | h2,q5,k5,d64,window=    | window is '', must be
          attention | h2,q5,k5,d64,window=-1  | window is -1, must be
          attention | h2,q5,k5,d64,window=1:2:3 | window is '1:2:3', must be W or LEFT:RIGHT
          attention | h2,q5,k5,d64,window=1:2,causal | window is '1:2', must be one number with
          attention | h2,q5,k5,d64,window=1,window=2 | window is given twice
          attention | h2,q5,k5,d64,block=bird:64 | block is 'bird:64', must be bigbird:SIZE or
          attention | h2,q5,k5,d64,block=bigbird:0 | block is 0, must be
          attention | h2,q6,k5,d64,block=bigbird:64 | q is 6, must not exceed k = 5
          attention | h2,q5,k5,d64,linear,window=3 | linear must stand alone
          attention | h2,q5,k5,d64,f16,bf16   | f16 and bf16 are both given
          """)
  void wrongShapesAreExplained(String operation, String shape, String message) {
    Operation op = Operation.valueOf(operation.toUpperCase(Locale.ROOT));
    IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> op.workload(shape));
    assertTrue(wrong.getMessage().startsWith("shape '" + shape + "': "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }
}
