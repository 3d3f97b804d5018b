package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.Lanewise;
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

/** How fast is attention, with all keys visible and with those of the future masked? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class AttentionBenchmark {
  /** Use and query heads x key heads x queries x keys x head dimension. */
  @Param({
    "gpt2_12x12x2048x2048x64",
    "gpt2_12x12x512x512x64",
    "llama3_32x8x512x512x128",
    "minilm_12x12x128x128x32",
    "decode_32x8x1x4096x128"
  })
  public String shape;

  @Param("1")
  public int threads;

  private Arena arena;
  private Lanewise lanewise;
  private Matrix q;
  private Matrix k;
  private Matrix v;
  private Matrix out;
  private Attention everything;
  private Attention past;
  private double flopsOfAll;
  private double flopsOfPast;

  @Setup(Level.Trial)
  public void allocate() {
    String[] size = shape.substring(shape.indexOf('_') + 1).split("x");
    if (size.length != 5) {
      throw new IllegalArgumentException(
          "shape is " + shape + ", must be USE_headsxkvHeadsxqueriesxkeysxheadDim");
    }
    int numHeads = Integer.parseInt(size[0]);
    int numKvHeads = Integer.parseInt(size[1]);
    int queries = Integer.parseInt(size[2]);
    int keys = Integer.parseInt(size[3]);
    int headDim = Integer.parseInt(size[4]);
    // q·k and p·v, a multiplication and an addition each; the softmax is not counted.
    double flopsOfPair = 4.0 * headDim * numHeads;
    flopsOfAll = flopsOfPair * queries * keys;
    // Bottom-right aligned: the last query sees all keys, each one before it sees one less.
    flopsOfPast = flopsOfPair * (queries * (double) keys - queries * (queries - 1.0) / 2);
    arena = Arena.ofShared();
    lanewise = Lanewise.create(threads);
    Data data = new Data(arena);
    q = data.matrix(queries, numHeads * headDim);
    k = data.matrix(keys, numKvHeads * headDim);
    v = data.matrix(keys, numKvHeads * headDim);
    out = data.matrix(queries, numHeads * headDim);
    everything =
        Attention.prepare(lanewise, Attention.Spec.of(numHeads, numKvHeads, headDim, false));
    past = Attention.prepare(lanewise, Attention.Spec.of(numHeads, numKvHeads, headDim, true));
  }

  @TearDown(Level.Trial)
  public void free() {
    lanewise.close();
    arena.close();
  }

  /** Every query sees every key. */
  @Benchmark
  public void full(Work work) {
    everything.run(q, k, v, out);
    work.add(flopsOfAll);
  }

  /** A query sees the keys up to its own position; only these count as work. */
  @Benchmark
  public void causal(Work work) {
    past.run(q, k, v, out);
    work.add(flopsOfPast);
  }
}
