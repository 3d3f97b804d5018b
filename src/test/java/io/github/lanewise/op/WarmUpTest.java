package io.github.lanewise.op;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixStack;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.simd.Simd;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * After a warm-up the first call runs compiled, whatever its shape. A kernel that does not boxes
 * its vectors, hundreds of kilobytes here; one that does allocates its job and nothing else.
 */
class WarmUpTest {
  private static final Lanewise RUNTIME = Lanewise.create(1);

  /** The more panels a tile has, the larger its job: 16 at 512 bits, 64 at 256, 128 at 128. */
  private static final long JOB_BYTES = 98_304;

  /** The compiler may throw a kernel away between the warm-up and the call, if seldom. */
  private static final int ROUNDS = 3;

  @AfterAll
  static void close() {
    RUNTIME.close();
  }

  @Test
  void gemm() {
    PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), Seeds.matrix(1, 333, 517));
    Epilogue epilogue =
        Epilogue.none().bias(Seeds.matrix(2, 1, 333)).activation(Activation.SILU).residual();
    Gemm gemm = Gemm.prepare(RUNTIME, weights, epilogue);
    Matrix a = Seeds.matrix(3, 123, 517);
    Matrix c = output(123, 333);
    assertFirstCallIsCompiled(gemm::warmUp, () -> gemm.run(a, c, c));
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void gemmOfFewRows(Storage storage) {
    // What blocks leave over of these columns are tiles of every width.
    for (int n = 333; n < 333 + 4 * Simd.LANES; n += Simd.LANES) {
      PackedWeights weights = PackedWeights.pack(Arena.ofAuto(), storage, Seeds.matrix(1, n, 517));
      for (int rows : new int[] {2, 4, 7, 8, 16}) {
        Gemm gemm = Gemm.prepare(RUNTIME, weights);
        Matrix a = Seeds.matrix(3, rows, 517);
        Matrix c = output(rows, n);
        assertFirstCallIsCompiled(gemm::warmUp, () -> gemm.run(a, c));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Softmax.Form.class)
  void softmaxWithMasksAndLengths(Softmax.Form form) {
    Matrix x = Seeds.matrix(1, 33, 1234);
    Matrix out = output(33, 1234);
    Matrix forAll = Seeds.matrix(2, 1, 1234);
    Matrix mask = Seeds.matrix(3, 33, 1234);
    int[] lengths = IntStream.range(0, 33).map(i -> 37 * i).toArray();
    Softmax softmax = Softmax.prepare(RUNTIME, 0.125f, form);
    assertFirstCallIsCompiled(softmax::warmUp, () -> softmax.run(x, forAll, out));
    assertFirstCallIsCompiled(softmax::warmUp, () -> softmax.run(x, mask, out));
    assertFirstCallIsCompiled(softmax::warmUp, () -> softmax.run(x, lengths, out));
  }

  @Test
  void linearAttention() {
    LinearAttention attention =
        LinearAttention.prepare(RUNTIME, new LinearAttention.Spec(6, 2, 48, 80, true));
    Matrix q = Seeds.matrix(1, 77, 288);
    Matrix k = Seeds.matrix(2, 123, 96);
    Matrix v = Seeds.matrix(3, 123, 160);
    Matrix out = output(77, 480);
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, k, v, out));
  }

  @Test
  void blockMaskedAttention() {
    AttentionSpec spec =
        AttentionSpec.of(2, 2, 32, true).blockMask(BlockMask.bigBird(64, 300, 1, 1, 1, 5));
    Attention attention = Attention.prepare(RUNTIME, spec);
    Matrix q = Seeds.matrix(1, 200, 64);
    Matrix kv = Seeds.matrix(2, 300, 64);
    Matrix out = output(200, 64);
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, kv, kv, out));
  }

  @ParameterizedTest
  @EnumSource(MatMul.Form.class)
  void products(MatMul.Form form) {
    Matrix a = form.aByK ? Seeds.matrix(1, 517, 123) : Seeds.matrix(1, 123, 517);
    Matrix b = form.bByK ? Seeds.matrix(2, 517, 77) : Seeds.matrix(2, 77, 517);
    Matrix c = output(123, 77);
    MatrixStack as = MatrixStack.repeat(a, 2);
    MatrixStack bs = MatrixStack.repeat(b, 2);
    MatrixStack cs = MatrixStack.of(output(246, 77), 2);
    MatMul.Spec plain = MatMul.Spec.of(form);
    for (MatMul.Spec spec : List.of(plain, plain.alpha(0.5f).accumulate())) {
      MatMul product = MatMul.prepare(RUNTIME, spec);
      assertFirstCallIsCompiled(product::warmUp, () -> product.run(a, b, c));
      BatchedMatMul batched = BatchedMatMul.prepare(RUNTIME, spec);
      assertFirstCallIsCompiled(batched::warmUp, () -> batched.run(as, bs, cs));
    }
  }

  @Test
  void attention() {
    Attention attention = Attention.prepare(RUNTIME, AttentionSpec.of(6, 2, 48, true));
    Matrix q = Seeds.matrix(1, 77, 288);
    Matrix k = Seeds.matrix(2, 333, 96);
    Matrix v = Seeds.matrix(3, 333, 96);
    Matrix out = output(77, 288);
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, k, v, out));
    AttentionExtras extras =
        AttentionExtras.none()
            .pairBias(Seeds.matrix(4, 6 * 77, 333))
            .mask(ByteMatrix.allocate(Arena.ofAuto(), 77, 333))
            .logSumExp(output(77, 6));
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, k, v, out, extras));
    Matrix weights = output(77, 333);
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.weights(q, k, 2, weights, extras));
  }

  @ParameterizedTest
  @EnumSource(Storage.class)
  void decoding(Storage storage) {
    for (int heads : new int[] {2, 4, 8, 10}) {
      AttentionSpec spec = AttentionSpec.of(heads, 2, 64, true).softcap(20).window(300, 0);
      Attention attention = Attention.prepare(RUNTIME, spec.alibi());
      Matrix q = Seeds.matrix(1, 1, heads * 64);
      KvView cache =
          KvView.contiguous(
              DecodeTest.stored(storage, 2, 777, 128), DecodeTest.stored(storage, 3, 777, 128));
      Matrix out = output(1, heads * 64);
      assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, cache, out));
    }
  }

  @Test
  void decodingOfLongSequences() {
    Attention attention = Attention.prepare(RUNTIME, AttentionSpec.of(6, 3, 64, true));
    Matrix q = Seeds.matrix(1, 1, 6 * 64);
    Matrix k = Seeds.matrix(2, 2_600, 3 * 64);
    KvView cache = KvView.contiguous(k, Seeds.matrix(3, 2_600, 3 * 64));
    Matrix out = output(1, 6 * 64);
    assertFirstCallIsCompiled(attention::warmUp, () -> attention.run(q, cache, out));
  }

  @Test
  void rowOperations() {
    Matrix x = Seeds.matrix(1, 33, 1234);
    Matrix out = output(33, 1234);
    Matrix gamma = Seeds.matrix(2, 1, 1234);
    Softmax softmax = Softmax.prepare(RUNTIME);
    assertFirstCallIsCompiled(softmax::warmUp, () -> softmax.run(x, out));
    LayerNorm layerNorm = LayerNorm.prepare(RUNTIME, gamma, gamma, 1e-5f);
    assertFirstCallIsCompiled(layerNorm::warmUp, () -> layerNorm.run(x, out));
    RmsNorm rmsNorm = RmsNorm.prepare(RUNTIME, gamma, 1e-5f);
    assertFirstCallIsCompiled(rmsNorm::warmUp, () -> rmsNorm.run(x, out));
    Activate gelu = Activate.prepare(RUNTIME, Activation.GELU);
    assertFirstCallIsCompiled(gelu::warmUp, () -> gelu.run(x, out));
    GatedActivation gate = GatedActivation.prepare(RUNTIME, Activation.GELU_TANH);
    Matrix half = output(33, 617);
    assertFirstCallIsCompiled(gate::warmUp, () -> gate.run(x, half));
    Rope rope = Rope.prepare(RUNTIME, 26, 100, 10_000, Rope.Pairing.INTERLEAVED);
    Matrix heads = Seeds.matrix(3, 33, 10 * 26);
    assertFirstCallIsCompiled(rope::warmUp, () -> rope.run(heads, 7));
  }

  @Test
  void othersComputeTheSameMeanwhile() throws InterruptedException {
    try (Lanewise two = Lanewise.create(2)) {
      Softmax softmax = Softmax.prepare(two);
      Matrix x = Seeds.matrix(1, 50, 300);
      Matrix expected = output(50, 300);
      softmax.run(x, expected);
      AtomicBoolean warm = new AtomicBoolean();
      Thread other = Thread.ofPlatform().start(() -> warm.set(softmax.warmUp()));
      do {
        Matrix actual = output(50, 300);
        softmax.run(x, actual);
        assertSameBits(expected, actual);
      } while (other.isAlive());
      other.join();
      assertTrue(warm.get());
    }
  }

  @Test
  void aClosedRuntimeIsRefused() {
    Lanewise runtime = Lanewise.create(1);
    Softmax softmax = Softmax.prepare(runtime);
    runtime.close();
    assertThrows(IllegalStateException.class, softmax::warmUp);
  }

  private static void assertFirstCallIsCompiled(BooleanSupplier warmUp, Runnable call) {
    long bytes = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && bytes > JOB_BYTES; round++) {
      assertTrue(warmUp.getAsBoolean(), "did not come to run compiled");
      bytes = Allocation.ofCall(call);
    }
    assertTrue(bytes <= JOB_BYTES, "the first call allocated " + bytes + " bytes");
    assertEquals(0, Allocation.ofCompiled(call), "bytes of a later call");
  }

  private static Matrix output(int rows, int columns) {
    return Matrix.allocate(Arena.ofAuto(), rows, columns);
  }
}
