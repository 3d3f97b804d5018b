package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How fast is C [m, n] = A [m, k] · Bᵀ, and what does packing B in each call cost? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class GemmBenchmark {
  /** Use and m x k x n: tokens, input features, output features. */
  @Param({
    "square_1024x1024x1024",
    "prefill_512x768x3072",
    "prefill_512x4096x4096",
    "batch_8x768x768",
    "decode_1x768x3072",
    "decode_1x4096x4096"
  })
  public String shape;

  @Param("1")
  public int threads;

  private Arena arena;
  private Lanewise lanewise;
  private Matrix a;
  private Matrix b;
  private Matrix c;
  private Gemm gemm;
  private MatMul matMul;
  private double flops;

  @Setup(Level.Trial)
  public void allocate() {
    String[] size = shape.substring(shape.indexOf('_') + 1).split("x");
    if (size.length != 3) {
      throw new IllegalArgumentException("shape is " + shape + ", must be USE_mxkxn");
    }
    int m = Integer.parseInt(size[0]);
    int k = Integer.parseInt(size[1]);
    int n = Integer.parseInt(size[2]);
    flops = 2.0 * m * k * n;
    arena = Arena.ofShared();
    lanewise = Lanewise.create(threads);
    Data data = new Data(arena);
    a = data.matrix(m, k);
    b = data.matrix(n, k);
    c = data.matrix(m, n);
    gemm = Gemm.prepare(lanewise, PackedWeights.pack(arena, b));
    matMul = MatMul.prepare(lanewise);
  }

  @TearDown(Level.Trial)
  public void free() {
    lanewise.close();
    arena.close();
  }

  /** B packed beforehand, as weights are. */
  @Benchmark
  public void prepacked(Work work) {
    gemm.run(a, c);
    work.add(flops);
  }

  /** B packed in the call, as for a product of two activations. */
  @Benchmark
  public void plain(Work work) {
    matMul.run(a, b, c);
    work.add(flops);
  }
}
