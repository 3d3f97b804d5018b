package io.github.lanewise.cli;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.OffHeap;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Activate;
import io.github.lanewise.op.Activation;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.LayerNorm;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.PackedWeights;
import io.github.lanewise.op.RmsNorm;
import io.github.lanewise.op.Rope;
import io.github.lanewise.op.Softmax;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** The kernels that {@code doctor} looks at, each through its public operation on one thread. */
final class KernelChecks {
  private static final float EPSILON = 1e-5f;

  /** A JVM that needs longer for one kernel, an interpreter say, is not waited for. */
  private static final long LONGEST_SECONDS = 30;

  private final Lanewise runtime;
  private final Arena arena;
  private final long bytes;

  private KernelChecks(Lanewise runtime, Arena arena, long bytes) {
    this.runtime = runtime;
    this.arena = arena;
    this.bytes = bytes;
  }

  /** Makes one check; its matrices live in the arena. */
  @FunctionalInterface
  private interface Maker {
    KernelCheck make(KernelChecks maker);
  }

  // Expected shares are a third of what was measured on Zen 4 with vectors of 512, 256 and 128
  // bits.
  private static final List<Maker> MAKERS =
      List.of(
          checks -> checks.gemm(1024, 1024, 1024, 0.35),
          checks -> checks.gemm(128, 384, 384, 0.3),
          checks -> checks.gemm(8, 1024, 1024, 0.25),
          checks -> checks.gemv(Storage.F32),
          checks -> checks.gemv(Storage.BF16),
          checks -> checks.gemv(Storage.F16),
          KernelChecks::matMul,
          checks -> checks.attention(false, 0.2),
          checks -> checks.attention(true, 0.18),
          KernelChecks::attentionDecode,
          KernelChecks::softmax,
          KernelChecks::softmaxOfShortRows,
          KernelChecks::logSoftmax,
          KernelChecks::layerNorm,
          KernelChecks::rmsNorm,
          checks -> checks.activate(Activation.GELU, 30, 0.05),
          checks -> checks.activate(Activation.GELU_TANH, 24, 0.12),
          checks -> checks.activate(Activation.SILU, 18, 0.1),
          checks -> checks.activate(Activation.SIGMOID, 17, 0.1),
          KernelChecks::rope);

  /** How many kernels there are. */
  static final int COUNT = MAKERS.size();

  /**
   * Runs all checks, one after the other.
   *
   * @param bytes memory that those which memory limits read in a call
   * @throws IllegalStateException if a check does not come to an end
   */
  static List<KernelCheck.Result> run(DoctorCommand.Limits limits, long bytes, Duration budget) {
    List<KernelCheck.Result> results = new ArrayList<>();
    try (ProgressBars.Bar bar = ProgressBars.start("kernels")) {
      for (Maker maker : MAKERS) {
        FutureTask<KernelCheck.Result> check =
            new FutureTask<>(() -> measure(maker, limits, bytes, budget));
        Thread.ofPlatform().daemon().name("lanewise-doctor").start(check);
        results.add(await(check, budget));
        bar.advanced(results.size(), COUNT);
      }
    }
    return results;
  }

  /**
   * Makes all checks in an order of its own, and hands each to {@code taker} before it makes the
   * next.
   */
  static void shuffled(
      Lanewise runtime, Arena arena, long bytes, long seed, Consumer<KernelCheck> taker) {
    KernelChecks checks = new KernelChecks(runtime, arena, bytes);
    List<Maker> order = new ArrayList<>(MAKERS);
    Collections.shuffle(order, new Random(seed));
    for (Maker maker : order) {
      taker.accept(maker.make(checks));
    }
  }

  private static KernelCheck.Result measure(
      Maker maker, DoctorCommand.Limits limits, long bytes, Duration budget) {
    try (Lanewise runtime = Lanewise.create(1);
        Arena arena = Arena.ofShared()) {
      return maker.make(new KernelChecks(runtime, arena, bytes)).measure(limits, budget);
    }
  }

  private static KernelCheck.Result await(FutureTask<KernelCheck.Result> check, Duration budget) {
    try {
      return check.get(LONGEST_SECONDS + 10 * budget.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException slow) {
      throw new IllegalStateException(
          "a kernel did not come to an end within "
              + LONGEST_SECONDS
              + " s: remove -Xint or whatever keeps this JVM from compiling",
          slow);
    } catch (ExecutionException failed) {
      throw new IllegalStateException("a kernel failed: " + failed.getCause(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  private KernelCheck gemm(int m, int n, int k, double expected) {
    Gemm gemm = Gemm.prepare(runtime, PackedWeights.pack(arena, random(n, k)));
    Matrix a = random(m, k);
    Matrix c = Matrix.allocate(arena, m, n);
    return new KernelCheck(
        "gemm " + m + "x" + n + "x" + k,
        2.0 * m * n * k,
        0,
        expected,
        gemm::warmUp,
        () -> gemm.run(a, c));
  }

  /** One row against weights that no cache holds. */
  private KernelCheck gemv(Storage storage) {
    int k = 4096;
    int n = (int) (bytes / ((long) k * storage.bytes()));
    PackedWeights weights = PackedWeights.allocate(arena, storage, n, k);
    Matrix row = random(1, k);
    for (int i = 0; i < n; i++) {
      weights.setRow(i, row, 0);
    }
    Gemm gemm = Gemm.prepare(runtime, weights);
    Matrix c = Matrix.allocate(arena, 1, n);
    String suffix = storage == Storage.F32 ? "" : " " + storage.name().toLowerCase(Locale.ROOT);
    return new KernelCheck(
        "gemm 1x" + n + "x" + k + suffix,
        2.0 * n * k,
        weights.bytes(),
        0.3,
        gemm::warmUp,
        () -> gemm.run(row, c));
  }

  /** Packing in the call. */
  private KernelCheck matMul() {
    int n = 256;
    MatMul product = MatMul.prepare(runtime);
    Matrix a = random(n, n);
    Matrix c = Matrix.allocate(arena, n, n);
    return new KernelCheck(
        "matmul 256x256x256", 2.0 * n * n * n, 0, 0.3, product::warmUp, () -> product.run(a, a, c));
  }

  private KernelCheck attention(boolean causal, double expected) {
    int heads = 1;
    int length = 512;
    int headDim = 64;
    Attention attention =
        Attention.prepare(runtime, AttentionSpec.of(heads, heads, headDim, causal));
    Matrix q = random(length, heads * headDim);
    Matrix k = random(length, heads * headDim);
    Matrix v = random(length, heads * headDim);
    Matrix out = Matrix.allocate(arena, length, heads * headDim);
    double pairs = causal ? length * (length + 1.0) / 2 : (double) length * length;
    return new KernelCheck(
        "attention h1,q512,k512,d64" + (causal ? ",causal" : ""),
        4 * pairs * heads * headDim,
        0,
        expected,
        attention::warmUp,
        () -> attention.run(q, k, v, out));
  }

  private KernelCheck attentionDecode() {
    int heads = 32;
    int headDim = 128;
    int keys = (int) (bytes / (2L * heads * headDim * Float.BYTES));
    Attention attention = Attention.prepare(runtime, AttentionSpec.of(heads, heads, headDim, true));
    Matrix q = random(1, heads * headDim);
    Matrix k = random(keys, heads * headDim);
    Matrix v = random(keys, heads * headDim);
    Matrix out = Matrix.allocate(arena, 1, heads * headDim);
    double elements = (double) keys * heads * headDim;
    return new KernelCheck(
        "attention h32,q1,k" + keys + ",d128",
        4 * elements,
        2 * elements * Float.BYTES,
        0.2,
        attention::warmUp,
        () -> attention.run(q, k, v, out));
  }

  // Row operations: floats in the second-level cache, and the operations of a straightforward
  // vector implementation, so that a share can be told; it is the fall from it that counts.

  private KernelCheck softmax() {
    Softmax softmax = Softmax.prepare(runtime);
    return rows("softmax 16x1024", 16, 1024, 18, 0.09, softmax::warmUp, softmax::run);
  }

  private KernelCheck softmaxOfShortRows() {
    Softmax softmax = Softmax.prepare(runtime);
    return rows("softmax 2048x8", 2048, 8, 18, 0.04, softmax::warmUp, softmax::run);
  }

  private KernelCheck logSoftmax() {
    Softmax softmax = Softmax.prepare(runtime, 1, Softmax.Form.LOGARITHMS);
    return rows("log softmax 16x1024", 16, 1024, 18, 0.09, softmax::warmUp, softmax::run);
  }

  private KernelCheck layerNorm() {
    Matrix gain = random(1, 768);
    LayerNorm norm = LayerNorm.prepare(runtime, gain, gain, EPSILON);
    return rows("layer norm 16x768", 16, 768, 8, 0.08, norm::warmUp, norm::run);
  }

  private KernelCheck rmsNorm() {
    RmsNorm norm = RmsNorm.prepare(runtime, random(1, 1024), EPSILON);
    return rows("rms norm 16x1024", 16, 1024, 4, 0.06, norm::warmUp, norm::run);
  }

  private KernelCheck activate(Activation activation, int flops, double expected) {
    Activate activate = Activate.prepare(runtime, activation);
    String name = activation.name().toLowerCase(Locale.ROOT);
    return rows(name + " 16x1024", 16, 1024, flops, expected, activate::warmUp, activate::run);
  }

  private KernelCheck rope() {
    Rope rope = Rope.prepare(runtime, 64, 64, 10_000, Rope.Pairing.HALVES);
    return rows("rope 64x16x64", 64, 1024, 3, 0.03, rope::warmUp, (x, out) -> rope.run(x, 0));
  }

  /** An operation on rows. */
  @FunctionalInterface
  private interface RowOp {
    void run(Matrix x, Matrix out);
  }

  private KernelCheck rows(
      String name, int rows, int columns, int flops, double expected, Runnable warmUp, RowOp op) {
    // At a distance that is no multiple of 4 KiB: a store otherwise holds up the loads of x whose
    // last twelve bits it shares, and that would depend on where the system puts the memory.
    long distance = (long) rows * columns * Float.BYTES + 1088;
    MemorySegment memory = OffHeap.allocate(arena, 2 * distance);
    Matrix x = Matrix.of(memory, 0, rows, columns, columns);
    fill(x);
    Matrix out = Matrix.of(memory, distance, rows, columns, columns);
    return new KernelCheck(
        name, (double) flops * rows * columns, 0, expected, warmUp, () -> op.run(x, out));
  }

  /** Uniform in [-1, 1). */
  private Matrix random(int rows, int columns) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    fill(matrix);
    return matrix;
  }

  private static void fill(Matrix matrix) {
    SplittableRandom random = new SplittableRandom(1);
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        matrix.set(r, c, (float) random.nextDouble(-1, 1));
      }
    }
  }
}
