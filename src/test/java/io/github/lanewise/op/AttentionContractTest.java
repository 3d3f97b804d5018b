package io.github.lanewise.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lanewise.memory.ByteMatrix;
import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.testing.Allocation;
import io.github.lanewise.testing.Bounds;
import io.github.lanewise.testing.GuardedMatrix;
import io.github.lanewise.testing.Seeds;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every form of attention promises: the same bits always, any callers, no allocation. */
class AttentionContractTest {
  private static final int REPEATS = 50;
  private static final int TOKENS = 150;
  private static final int HEADS = 4;
  private static final int HEAD_DIM = 16;

  private static final Matrix Q = Seeds.matrix(1, TOKENS, HEADS * HEAD_DIM);
  private static final Matrix K = Seeds.matrix(2, TOKENS, HEADS / 2 * HEAD_DIM);
  private static final Matrix V = Seeds.matrix(3, TOKENS, HEADS / 2 * HEAD_DIM);

  private static final AttentionSpec CAUSAL = AttentionSpec.of(HEADS, HEADS / 2, HEAD_DIM, true);

  static Stream<Named<AttentionSpec>> forms() {
    return Stream.of(
        Named.of("causal", CAUSAL),
        Named.of("full", AttentionSpec.of(HEADS, HEADS / 2, HEAD_DIM, false)),
        Named.of("window", CAUSAL.window(40, 7)),
        Named.of("dilation", CAUSAL.dilation(3)),
        Named.of("scores", CAUSAL.softcap(3).alibi().sinks(List.of(1f, 0f, -1f, 2f))),
        Named.of("blocks", CAUSAL.blockMask(BlockMask.bigBird(16, TOKENS, 1, 1, 1, 5))));
  }

  /** A whole sequence; its first 70 tokens before others in a batch; one query against all. */
  private static Runnable calls(Attention attention, Matrix whole, Matrix batch, Matrix step) {
    int[] offsets = {0, 70, 70, 71, TOKENS};
    Matrix last = Q.rowRange(TOKENS - 1, 1);
    return () -> {
      attention.run(Q, K, V, whole);
      attention.run(Q, K, V, batch, offsets, offsets);
      attention.run(last, K, V, step);
    };
  }

  private static Matrix output(int rows) {
    return GuardedMatrix.poisoned(rows, HEADS * HEAD_DIM).matrix();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void theSameBitsInFiftyRunsWithAnyThreads(AttentionSpec spec) {
    Matrix whole = output(TOKENS);
    Matrix alone = output(70);
    Matrix step = output(1);
    try (Lanewise single = Lanewise.create(1)) {
      Attention attention = Attention.prepare(single, spec);
      calls(attention, whole, output(TOKENS), step).run();
      attention.run(Q.rowRange(0, 70), K.rowRange(0, 70), V.rowRange(0, 70), alone);
    }
    for (int threads = 1; threads <= 5; threads++) {
      try (Lanewise runtime = Lanewise.create(threads)) {
        Matrix itsWhole = output(TOKENS);
        Matrix itsBatch = output(TOKENS);
        Matrix itsStep = output(1);
        Runnable calls = calls(Attention.prepare(runtime, spec), itsWhole, itsBatch, itsStep);
        for (int repeat = 0; repeat < REPEATS; repeat++) {
          for (Matrix written : List.of(itsWhole, itsBatch, itsStep)) {
            written.fill(Float.NaN);
          }
          calls.run();
          Bounds.assertSameBits(whole, itsWhole);
          Bounds.assertSameBits(alone, itsBatch.rowRange(0, 70));
          Bounds.assertSameBits(step, itsStep);
        }
      }
    }
  }

  @Test
  void eightCallersOfOneOperationGetRightAnswers() throws Exception {
    try (Lanewise runtime = Lanewise.create(2);
        ExecutorService callers = Executors.newFixedThreadPool(8)) {
      Attention attention = Attention.prepare(runtime, CAUSAL);
      List<Matrix> expected = List.of(output(TOKENS), output(TOKENS), output(1));
      calls(attention, expected.get(0), expected.get(1), expected.get(2)).run();
      List<Future<?>> running = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        running.add(
            callers.submit(
                () -> {
                  List<Matrix> own = List.of(output(TOKENS), output(TOKENS), output(1));
                  Runnable calls = calls(attention, own.get(0), own.get(1), own.get(2));
                  for (int repeat = 0; repeat < REPEATS; repeat++) {
                    own.forEach(matrix -> matrix.fill(Float.NaN));
                    calls.run();
                    for (int i = 0; i < 3; i++) {
                      Bounds.assertSameBits(expected.get(i), own.get(i));
                    }
                  }
                }));
      }
      for (Future<?> caller : running) {
        caller.get();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aRunAllocatesNothing(AttentionSpec spec) {
    try (Lanewise runtime = Lanewise.create(2)) {
      Attention attention = Attention.prepare(runtime, spec);
      Runnable calls = calls(attention, output(TOKENS), output(TOKENS), output(1));
      assertEquals(0, Allocation.ofCompiled(calls));
    }
  }

  @Test
  void extrasAndWeightsAllocateNothing() {
    try (Lanewise runtime = Lanewise.create(2)) {
      Attention attention = Attention.prepare(runtime, CAUSAL);
      ByteMatrix mask = ByteMatrix.allocate(Arena.ofAuto(), TOKENS, TOKENS);
      mask.set(TOKENS - 1, 5, (byte) 1);
      AttentionExtras masked = AttentionExtras.none().mask(mask).bias(Seeds.matrix(4, 1, TOKENS));
      AttentionExtras paired =
          AttentionExtras.none()
              .pairBias(Seeds.matrix(5, HEADS * TOKENS, TOKENS))
              .logSumExp(GuardedMatrix.poisoned(TOKENS, HEADS).matrix());
      Matrix out = output(TOKENS);
      Matrix weights = GuardedMatrix.poisoned(TOKENS, TOKENS).matrix();
      Runnable calls =
          () -> {
            attention.run(Q, K, V, out, masked);
            attention.run(Q, K, V, out, paired);
            attention.weights(Q, K, 1, weights, paired);
          };
      assertEquals(0, Allocation.ofCompiled(calls));
    }
  }

  @Test
  void decodingFromARingAllocatesNothing() {
    try (Lanewise runtime = Lanewise.create(2)) {
      Attention attention = Attention.prepare(runtime, CAUSAL.window(60, 0));
      KvView ring = KvView.rings(K, V, TOKENS, new int[] {7}, new int[] {TOKENS});
      Matrix q = Q.rowRange(0, 2);
      Matrix out = output(2);
      assertEquals(0, Allocation.ofCompiled(() -> attention.run(q, ring, out)));
    }
  }

  @Test
  void decodingFromAnyStorageAllocatesNothing() {
    try (Lanewise runtime = Lanewise.create(2)) {
      Attention attention = Attention.prepare(runtime, CAUSAL.window(60, 0));
      Matrix q = Q.rowRange(0, 2);
      Matrix out = output(2);
      for (Storage keys : Storage.values()) {
        for (Storage values : Storage.values()) {
          KvView cache = KvView.contiguous(stored(keys, K), stored(values, V));
          String what = keys + " keys, " + values + " values";
          assertEquals(0, Allocation.ofCompiled(() -> attention.run(q, cache, out)), what);
        }
      }
    }
  }

  private static MatrixView stored(Storage storage, Matrix matrix) {
    if (storage == Storage.F32) {
      return matrix;
    }
    HalfMatrix half = HalfMatrix.allocate(Arena.ofAuto(), storage, matrix.rows(), matrix.columns());
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        half.set(r, c, matrix.get(r, c));
      }
    }
    return half;
  }
}
