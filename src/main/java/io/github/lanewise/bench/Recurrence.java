package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.PartTimes;
import io.github.lanewise.model.Progress;
import io.github.lanewise.model.recurrent.Lstm;
import io.github.lanewise.model.recurrent.LstmState;
import io.github.lanewise.model.recurrent.LstmWeights;
import io.github.lanewise.model.recurrent.RecurrentConfig;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Epilogue;
import io.github.lanewise.op.Gemm;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.PackedWeights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures an LSTM layer and a layer of causal attention, of the same width, on the same tokens: a
 * step after the other against all at once. Both have their products, biases and weights; neither a
 * norm nor a feed-forward network.
 */
public final class Recurrence {
  private static final int LEAST_TOKENS = 128;

  /** What counts as faster. */
  private static final double GAIN = 0.98;

  /** Passes of a measurement at least. */
  private static final int LEAST_PASSES = 2;

  private final RecurrentConfig config;
  private final int mostTokens;
  private final double budgetNanos;
  private final double wholeNanos;

  /**
   * A measurement.
   *
   * @param config of which one layer is taken
   * @param mostTokens the greatest length, at most the config's context window
   * @param budgetNanos after which a point that has not become faster is done
   * @param wholeNanos that all lengths but the first may take together: one that would take longer
   *     is left out, and so are those after it
   */
  public Recurrence(RecurrentConfig config, int mostTokens, double budgetNanos, double wholeNanos) {
    this.config = config.withLayers(1);
    this.mostTokens = mostTokens;
    this.budgetNanos = budgetNanos;
    this.wholeNanos = wholeNanos;
  }

  /**
   * One length with one number of threads.
   *
   * @param lstmNanos of the fastest pass
   * @param attentionNanos of the fastest pass
   */
  public record Point(int tokens, int threads, double lstmNanos, double attentionNanos) {
    /** How often as fast attention is; below 1 it is slower. */
    public double speedup() {
      return lstmNanos / attentionNanos;
    }
  }

  /** Lengths to measure: doubled from 128 on, and then the greatest. */
  public List<Integer> lengths() {
    List<Integer> lengths = new ArrayList<>();
    for (int tokens = LEAST_TOKENS; tokens < mostTokens; tokens *= 2) {
      lengths.add(tokens);
    }
    lengths.add(mostTokens);
    return lengths;
  }

  /** Measures the lengths that there is time for, with one thread and with {@code threads}. */
  public List<Point> run(int threads, long seed, Progress progress) {
    List<Integer> lengths = lengths();
    List<Point> points = new ArrayList<>();
    long start = System.nanoTime();
    try (Lanewise alone = Lanewise.create(1);
        Lanewise team = Lanewise.create(threads);
        LstmWeights weights = LstmWeights.random(team, config, seed, Progress.NONE)) {
      List<Lanewise> runtimes = threads == 1 ? List.of(alone) : List.of(alone, team);
      for (int done = 0; done < lengths.size(); done++) {
        double spent = System.nanoTime() - start;
        if (done > 0 && spent + expected(points, runtimes.size()) > wholeNanos) {
          break;
        }
        for (Lanewise runtime : runtimes) {
          points.add(measure(runtime, weights, lengths.get(done)));
        }
        if (done == 0) {
          // Compiling, which no other length pays for, is not counted.
          start = System.nanoTime();
        }
        progress.advanced(done + 1, lengths.size());
      }
    }
    return points;
  }

  /** Time of the next length: twice as long at most, where an LSTM takes 2x and attention 4x. */
  private double expected(List<Point> points, int runtimes) {
    double nanos = 0;
    for (Point last : points.subList(points.size() - runtimes, points.size())) {
      nanos += Math.max(budgetNanos, LEAST_PASSES * 2 * last.lstmNanos);
      nanos += Math.max(budgetNanos, LEAST_PASSES * 4 * last.attentionNanos);
    }
    return nanos;
  }

  /** The memory that it takes at most, the config's weights included. */
  public static long bytes(RecurrentConfig config, int mostTokens, int threads) {
    RecurrentConfig one = config.withLayers(1);
    long width = one.dModel();
    int headDim = one.dModel() / one.heads();
    // x and its outputs; queries, keys and values; the heads' outputs.
    long rows = 6 * width * mostTokens;
    // Packed and not: the weights of attention, and their biases.
    long weights = 2 * 4 * width * (width + 1);
    AttentionSpec spec = AttentionSpec.of(one.heads(), one.heads(), headDim, true);
    return Lstm.plan(one, threads, 1, mostTokens).totalBytes()
        + (rows + weights) * Float.BYTES
        + threads * Attention.scratchBytesPerThread(spec);
  }

  private Point measure(Lanewise runtime, LstmWeights weights, int tokens) {
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, tokens, config.dModel());
      Matrix out = Matrix.allocate(arena, tokens, config.dModel());
      fill(x);
      Lstm lstm = Lstm.prepare(runtime, weights, 1, tokens);
      LstmState state = LstmState.zero(arena, config, 1);
      PartTimes times = new PartTimes();
      boolean unused = lstm.warmUp();
      Runnable attention = attention(runtime, arena, weights, x, out);
      double recurrent =
          best(
              () -> {
                state.clear();
                lstm.forward(x, state, out, times);
              });
      return new Point(tokens, runtime.threads(), recurrent, best(attention));
    }
  }

  /** Queries, keys and values; attention; the projection of the heads' outputs. */
  private Runnable attention(
      Lanewise runtime, Arena arena, LstmWeights weights, Matrix x, Matrix out) {
    int width = config.dModel();
    PackedWeights some = weights.tensors().linear("layers.0.hidden.weight");
    Gemm project = Gemm.prepare(runtime, copy(arena, some, 3 * width), bias(arena, 3 * width));
    Gemm output = Gemm.prepare(runtime, copy(arena, some, width), bias(arena, width));
    Attention attention =
        Attention.prepare(
            runtime,
            AttentionSpec.of(config.heads(), config.heads(), width / config.heads(), true));
    Matrix qkv = Matrix.allocate(arena, x.rows(), 3 * width);
    Matrix q = qkv.columnRange(0, width);
    Matrix k = qkv.columnRange(width, width);
    Matrix v = qkv.columnRange(2 * width, width);
    Matrix heads = Matrix.allocate(arena, x.rows(), width);
    // What did not come to run compiled shows in the figures.
    boolean unused = project.warmUp() && attention.warmUp() && output.warmUp();
    return () -> {
      project.run(x, qkv);
      attention.run(q, k, v, heads);
      output.run(heads, out);
    };
  }

  /** The first rows of an LSTM's weights: any do. */
  private static PackedWeights copy(Arena arena, PackedWeights weights, int rows) {
    Matrix plain = Matrix.allocate(arena, rows, weights.inFeatures());
    for (int r = 0; r < rows; r++) {
      weights.getRow(r, plain, r);
    }
    return PackedWeights.pack(arena, plain);
  }

  private static Epilogue bias(Arena arena, int width) {
    return Epilogue.none().bias(Matrix.allocate(arena, 1, width));
  }

  /** Values between -1 and 1. */
  private static void fill(Matrix x) {
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < x.columns(); c++) {
        x.set(r, c, ((r * 31 + c * 17) % 129 - 64) / 64f);
      }
    }
  }

  /** The fastest of some passes, until none has been faster for a while. */
  private double best(Runnable pass) {
    double best = Double.MAX_VALUE;
    double sinceFaster = 0;
    double spent = 0;
    for (int passes = 0;
        passes < LEAST_PASSES || (sinceFaster < budgetNanos && spent < 4 * budgetNanos);
        passes++) {
      long before = System.nanoTime();
      pass.run();
      double nanos = System.nanoTime() - before;
      sinceFaster = nanos < GAIN * best ? 0 : sinceFaster + nanos;
      spent += nanos;
      best = Math.min(best, nanos);
    }
    return best;
  }
}
