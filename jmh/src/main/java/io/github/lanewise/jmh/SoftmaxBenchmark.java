package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Softmax;
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

/** How fast is a softmax over rows, in cache and out of it, beside ONNX Runtime? */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class SoftmaxBenchmark {

  /** Of an element: maximum, difference, e^x as a polynomial, sum, product. */
  private static final int FLOPS = 18;

  /** Shape, data and runtime. */
  @State(Scope.Benchmark)
  public static class Problem {
    /** Use and rows x columns; the first three are 128 MiB in and 128 MiB out. */
    @Param({
      "scores_262144x128",
      "scores_8192x4096",
      "logits_1048x32000",
      "scores_64x128",
      "scores_2x4096",
      "logits_1x32000"
    })
    public String shape;

    @Param({"1", "2"})
    public int threads;

    private Arena arena;
    private Lanewise lanewise;
    private Matrix x;
    private Matrix out;
    private Work.Cost cost;

    @Setup(Level.Trial)
    public void allocate() {
      int[] sizes = Shape.parse(shape, "RxC").sizes();
      arena = Arena.ofShared();
      lanewise = Lanewise.create(threads);
      Data data = new Data(arena);
      x = data.matrix(sizes[0], sizes[1]);
      out = data.matrix(sizes[0], sizes[1]);
      double elements = (double) sizes[0] * sizes[1];
      cost = new Work.Cost(FLOPS * elements, 2 * Float.BYTES * elements);
    }

    @TearDown(Level.Trial)
    public void free() {
      lanewise.close();
      arena.close();
    }
  }

  /** Ours. */
  @State(Scope.Benchmark)
  public static class Ours extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      Softmax softmax = Softmax.prepare(p.lanewise);
      prepare(1, i -> () -> softmax.run(p.x, p.out));
    }
  }

  /** ONNX Runtime's. */
  @State(Scope.Benchmark)
  public static class OnnxRuntime extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare("ONNX Runtime", 1, (peer, i) -> peer.softmax(p.x, p.out, p.threads));
    }
  }

  /** Into another matrix. */
  @Benchmark
  public void lanewise(Problem p, Ours calls, Work work) {
    calls.run();
    work.add(p.cost);
  }

  /** The same by ONNX Runtime. */
  @Benchmark
  public void onnxruntime(Problem p, OnnxRuntime calls, Work work) {
    calls.run();
    work.add(p.cost);
  }
}
