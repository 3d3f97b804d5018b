package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.Softmax;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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

/** How fast is a softmax over rows, in cache and out of it? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class SoftmaxBenchmark {
  /** Use and rows x columns. */
  @Param({"scores_512x512", "scores_2048x2048", "logits_1x50257", "logits_1x128256"})
  public String shape;

  @Param("1")
  public int threads;

  private Arena arena;
  private Lanewise lanewise;
  private Matrix x;
  private Matrix out;
  private Softmax softmax;

  /** The secondary result {@code gigabytes}: GB/s of one read and one write of each element. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Traffic {
    /** 10^9 bytes moved in this iteration. */
    public double gigabytes;

    @Setup(Level.Iteration)
    public void reset() {
      gigabytes = 0;
    }
  }

  @Setup(Level.Trial)
  public void allocate() {
    String[] size = shape.substring(shape.indexOf('_') + 1).split("x");
    arena = Arena.ofShared();
    lanewise = Lanewise.create(threads);
    Data data = new Data(arena);
    x = data.matrix(Integer.parseInt(size[0]), Integer.parseInt(size[1]));
    out = data.matrix(x.rows(), x.columns());
    softmax = Softmax.prepare(lanewise);
  }

  @TearDown(Level.Trial)
  public void free() {
    lanewise.close();
    arena.close();
  }

  /** Into another matrix. */
  @Benchmark
  public void rows(Traffic traffic) {
    softmax.run(x, out);
    traffic.gigabytes += 2e-9 * Float.BYTES * x.rows() * x.columns();
  }
}
