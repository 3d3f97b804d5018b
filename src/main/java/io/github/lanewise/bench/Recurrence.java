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

  private final RecurrentConfig config;
  private final double budgetNanos;

  /**
   * A measurement.
   *
   * @param config of which one layer is taken
   * @param budgetNanos after which a point that has not become faster is done
   */
  public Recurrence(RecurrentConfig config, double budgetNanos) {
    this.config = config.withLayers(1);
    this.budgetNanos = budgetNanos;
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

  /** Lengths that are measured: doubled from 128 to the context window. */
  public List<Integer> lengths() {
    List<Integer> lengths = new ArrayList<>();
    for (int tokens = LEAST_TOKENS; tokens <= config.contextWindow(); tokens *= 2) {
      lengths.add(tokens);
    }
    if (lengths.isEmpty()) {
      lengths.add(config.contextWindow());
    }
    return lengths;
  }

  /** Measures all lengths, with one thread and with {@code threads}. */
  public List<Point> run(int threads, long seed, Progress progress) {
    List<Integer> lengths = lengths();
    List<Point> points = new ArrayList<>();
    int[] counts = threads == 1 ? new int[] {1} : new int[] {1, threads};
    for (int count : counts) {
      try (Lanewise runtime = Lanewise.create(count);
          LstmWeights weights = LstmWeights.random(runtime, config, seed, Progress.NONE)) {
        for (int tokens : lengths) {
          points.add(measure(runtime, weights, tokens));
          progress.advanced(points.size(), counts.length * lengths.size());
        }
      }
    }
    return points;
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

  private double best(Runnable pass) {
    double best = Double.MAX_VALUE;
    double spent = 0;
    do {
      long before = System.nanoTime();
      pass.run();
      double nanos = System.nanoTime() - before;
      spent = nanos < GAIN * best ? 0 : spent + nanos;
      best = Math.min(best, nanos);
    } while (spent < budgetNanos);
    return best;
  }
}
