package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.List;
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

/**
 * How fast is {@code c[m,n] = a[m,k]·b[n,k]ᵀ}, beside other libraries? Where few rows meet large
 * weights, the weights come from memory: calls take copies of them in turn.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class GemmBenchmark {

  /** Up to this many rows, it is reading the weights that takes the time. */
  private static final int FEW_ROWS = 16;

  /** Shape, data and runtime. */
  @State(Scope.Benchmark)
  public static class Problem {
    /** Use and m x n x k: tokens, output features, input features. */
    @Param({
      "square_1024x1024x1024",
      "square_2048x2048x2048",
      "ffn_512x768x3072",
      "ffn_512x3072x768",
      "minilm_128x384x384",
      "small_256x256x256",
      "small_64x64x64",
      "skinny_16x4096x4096",
      "skinny_8x4096x4096",
      "skinny_4x4096x4096",
      "decode_1x4096x4096",
      "decode_1x11008x4096"
    })
    public String shape;

    @Param({"1", "2"})
    public int threads;

    private Arena arena;
    private Lanewise lanewise;
    private int copies;
    private Matrix a;
    private List<Matrix> b;
    private Matrix c;
    private Work.Cost cost;

    @Setup(Level.Trial)
    public void allocate() {
      int[] sizes = Shape.parse(shape, "MxNxK").sizes();
      int m = sizes[0];
      int n = sizes[1];
      int k = sizes[2];
      double weights = (double) n * k * Float.BYTES;
      cost =
          new Work.Cost(2.0 * m * n * k, weights + ((double) m * k + (double) m * n) * Float.BYTES);
      copies = m <= FEW_ROWS ? Data.copies(weights) : 1;
      arena = Arena.ofShared();
      lanewise = Lanewise.create(threads);
      Data data = new Data(arena);
      a = data.matrix(m, k);
      b = data.matrices(copies, n, k);
      c = data.matrix(m, n);
    }

    @TearDown(Level.Trial)
    public void free() {
      lanewise.close();
      arena.close();
    }
  }

  /** Ours, b packed beforehand. */
  @State(Scope.Benchmark)
  public static class Prepacked extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare(
          p.copies,
          i -> {
            Gemm gemm = Gemm.prepare(p.lanewise, PackedWeights.pack(p.arena, p.b.get(i)));
            return () -> gemm.run(p.a, p.c);
          });
    }
  }

  /** Ours, b packed in the call. */
  @State(Scope.Benchmark)
  public static class Plain extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      MatMul matMul = MatMul.prepare(p.lanewise);
      prepare(p.copies, i -> () -> matMul.run(p.a, p.b.get(i), p.c));
    }
  }

  /** OpenBLAS's. */
  @State(Scope.Benchmark)
  public static class OpenBlas extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare("OpenBLAS", p.copies, (peer, i) -> peer.gemm(p.a, p.b.get(i), p.c, p.threads));
    }
  }

  /** ONNX Runtime's. */
  @State(Scope.Benchmark)
  public static class OnnxRuntime extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare("ONNX Runtime", p.copies, (peer, i) -> peer.gemm(p.a, p.b.get(i), p.c, p.threads));
    }
  }

  /** netlib's. */
  @State(Scope.Benchmark)
  public static class Netlib extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare("netlib", p.copies, (peer, i) -> peer.gemm(p.a, p.b.get(i), p.c, p.threads));
    }
  }

  /** B packed beforehand, as weights are. */
  @Benchmark
  public void lanewise(Problem p, Prepacked calls, Work work) {
    calls.run();
    work.add(p.cost);
  }

  /** B packed in the call, as for a product of two activations. */
  @Benchmark
  public void lanewisePlain(Problem p, Plain calls, Work work) {
    calls.run();
    work.add(p.cost);
  }

  /** OpenBLAS, b transposed beforehand. */
  @Benchmark
  public void openblas(Problem p, OpenBlas calls, Work work) {
    calls.run();
    work.add(p.cost);
  }

  /** ONNX Runtime, b prepacked. */
  @Benchmark
  public void onnxruntime(Problem p, OnnxRuntime calls, Work work) {
    calls.run();
    work.add(p.cost);
  }

  /** The fastest Java alternative; it has one thread only. */
  @Benchmark
  public void netlib(Problem p, Netlib calls, Work work) {
    calls.run();
    work.add(p.cost);
  }
}
