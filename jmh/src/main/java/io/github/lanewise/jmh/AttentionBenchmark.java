package io.github.lanewise.jmh;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Lanewise;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * How fast is attention, beside ONNX Runtime? The keys and values of a single query come from
 * memory: calls take copies of them in turn.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class AttentionBenchmark {

  /** Shape, data and runtime. */
  @State(Scope.Benchmark)
  public static class Problem {
    /**
     * Use and batch x heads x key heads x queries x keys x head dimension. In a prefill, a query
     * sees the keys up to its own position, and only these count as work; else it sees all.
     */
    @Param({
      "encoder_1x12x12x2048x2048x64",
      "encoder_1x8x8x2048x2048x128",
      "prefill_1x12x12x2048x2048x64",
      "prefill_1x8x8x2048x2048x128",
      "encoder_1x12x12x128x128x64",
      "encoder_8x12x12x128x128x32",
      "decode_1x32x32x1x4096x128",
      "decode_1x32x8x1x4096x128"
    })
    public String shape;

    @Param({"1", "2"})
    public int threads;

    private int batch;
    private int numHeads;
    private int numKvHeads;
    private int headDim;
    private boolean causal;
    private int[] queryOffsets;
    private int[] keyOffsets;
    private Arena arena;
    private Lanewise lanewise;
    private int copies;
    private Matrix q;
    private List<Matrix> k;
    private List<Matrix> v;
    private Matrix out;
    private Work.Cost cost;

    @Setup(Level.Trial)
    public void allocate() {
      Shape parsed = Shape.parse(shape, "BATCHxHEADSxKVHEADSxQUERIESxKEYSxHEADDIM");
      int[] sizes = parsed.sizes();
      batch = sizes[0];
      numHeads = sizes[1];
      numKvHeads = sizes[2];
      final int queries = sizes[3];
      final int keys = sizes[4];
      headDim = sizes[5];
      causal = parsed.use().equals("prefill");
      queryOffsets = offsets(queries);
      keyOffsets = offsets(keys);
      double cache = 2.0 * Float.BYTES * batch * keys * numKvHeads * headDim;
      copies = queries == 1 ? Data.copies(cache) : 1;
      arena = Arena.ofShared();
      lanewise = Lanewise.create(threads);
      Data data = new Data(arena);
      q = data.matrix(batch * queries, numHeads * headDim);
      k = data.matrices(copies, batch * keys, numKvHeads * headDim);
      v = data.matrices(copies, batch * keys, numKvHeads * headDim);
      out = data.matrix(batch * queries, numHeads * headDim);
      // Bottom-right aligned: the last query sees all keys, each one before it sees one less.
      double hidden = causal ? queries * (queries - 1.0) / 2 : 0;
      // q·k and p·v, a multiplication and an addition each; the softmax is not counted.
      double flops = 4.0 * headDim * numHeads * batch * ((double) queries * keys - hidden);
      cost = new Work.Cost(flops, cache + 2.0 * Float.BYTES * q.rows() * q.columns());
    }

    private int[] offsets(int length) {
      return IntStream.rangeClosed(0, batch).map(i -> i * length).toArray();
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
      Attention attention =
          Attention.prepare(
              p.lanewise, AttentionSpec.of(p.numHeads, p.numKvHeads, p.headDim, p.causal));
      prepare(
          p.copies,
          i -> {
            Matrix k = p.k.get(i);
            Matrix v = p.v.get(i);
            return () -> attention.run(p.q, k, v, p.out, p.queryOffsets, p.keyOffsets);
          });
    }
  }

  /** ONNX Runtime's. */
  @State(Scope.Benchmark)
  public static class OnnxRuntime extends Calls {
    @Setup(Level.Trial)
    public void prepare(Problem p) {
      prepare(
          "ONNX Runtime",
          p.copies,
          (peer, i) ->
              peer.attention(
                  p.batch,
                  p.numHeads,
                  p.numKvHeads,
                  p.headDim,
                  p.causal,
                  p.q,
                  p.k.get(i),
                  p.v.get(i),
                  p.out,
                  p.threads));
    }
  }

  /** On packed rows, as projections leave them. */
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
