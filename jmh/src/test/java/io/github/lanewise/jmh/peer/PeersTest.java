package io.github.lanewise.jmh.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.github.lanewise.bench.Peer;
import io.github.lanewise.bench.Peers;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.model.ModelConfig;
import io.github.lanewise.model.SentenceEncoder;
import io.github.lanewise.model.Weights;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.AttentionSpec;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.op.MatMul;
import io.github.lanewise.op.Softmax;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every peer computes what we compute. */
final class PeersTest {
  /** Half a unit in the last place of 1. */
  private static final double U = 0x1p-24;

  private final List<Peer> peers = Peers.find(problem -> fail(problem));
  private final SplittableRandom random = new SplittableRandom(42);
  private final Arena arena = Arena.ofShared();
  private final Lanewise lanewise = Lanewise.create(1);

  @AfterEach
  void free() {
    lanewise.close();
    arena.close();
  }

  @Test
  void findsAll() {
    assertEquals(
        List.of("OpenBLAS", "ONNX Runtime", "netlib"), peers.stream().map(Peer::name).toList());
  }

  @ParameterizedTest
  @CsvSource({"1, 33, 65", "4, 64, 128", "37, 50, 19", "64, 64, 64"})
  void gemm(int m, int n, int k) {
    Matrix a = random(m, k);
    Matrix b = random(n, k);
    Matrix expected = Matrix.allocate(arena, m, n);
    MatMul.prepare(lanewise).run(a, b, expected);
    // Two f32 sums of k products of values below 1, in any order: γ(k)·Σ|a||b| each, γ(k) ≈ k·u.
    double bound = 2.1 * k * k * U;
    for (int threads = 1; threads <= 2; threads++) {
      for (Peer peer : peers) {
        Matrix c = poisoned(m, n);
        Optional<Peer.Task> task = peer.gemm(a, b, c, threads);
        assertEquals(threads == 1 || !peer.name().equals("netlib"), task.isPresent());
        check(peer, task, expected, c, bound);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 128", "5, 1001"})
  void softmax(int rows, int columns) {
    Matrix x = random(rows, columns);
    Matrix expected = Matrix.allocate(arena, rows, columns);
    Softmax.prepare(lanewise).run(x, expected);
    for (Peer peer : peers) {
      Matrix out = poisoned(rows, columns);
      // Weights are at most 1; e^x of a float runtime is good to some units in the last place.
      check(peer, peer.softmax(x, out, 1), expected, out, (columns + 64) * U);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 4, 4, 32, 20, 20, false",
    "2, 4, 4, 32, 20, 20, true",
    "2, 4, 2, 64, 9, 17, false",
    "1, 4, 4, 32, 1, 40, false",
    "2, 2, 2, 32, 300, 300, true",
    "2, 2, 2, 32, 300, 200, false"
  })
  void attention(
      int batch, int heads, int kvHeads, int headDim, int queries, int keys, boolean causal) {
    Matrix q = random(batch * queries, heads * headDim);
    Matrix k = random(batch * keys, kvHeads * headDim);
    Matrix v = random(batch * keys, kvHeads * headDim);
    Matrix expected = Matrix.allocate(arena, q.rows(), q.columns());
    Attention attention =
        Attention.prepare(lanewise, AttentionSpec.of(heads, kvHeads, headDim, causal));
    for (int i = 0; i < batch; i++) {
      attention.run(
          q.rowRange(i * queries, queries),
          k.rowRange(i * keys, keys),
          v.rowRange(i * keys, keys),
          expected.rowRange(i * queries, queries));
    }
    // Scores are at most √headDim, their errors γ(headDim) of that; outputs are averages of |v| <
    // 1.
    double bound = 4 * (headDim * Math.sqrt(headDim) + keys + 64) * U;
    for (Peer peer : peers) {
      Matrix out = poisoned(q.rows(), q.columns());
      check(
          peer,
          peer.attention(batch, heads, kvHeads, headDim, causal, q, k, v, out, 1),
          expected,
          out,
          bound);
    }
  }

  @Test
  void embeddings(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.onnx");
    try (InputStream in = PeersTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
      Files.copy(Objects.requireNonNull(in), file);
    }
    int[] offsets = {0, 3, 40, 48, 176, 185};
    int[] tokens = random.ints(185, 1000, 30_000).toArray();
    ModelConfig config = ModelConfig.load(Path.of("../models/minilm-l6.json"));
    Matrix expected = Matrix.allocate(arena, 5, config.dModel());
    try (Weights weights = Weights.load(lanewise, config, file)) {
      SentenceEncoder.prepare(lanewise, weights).encode(tokens, offsets, expected);
      for (Peer peer : peers) {
        Matrix out = poisoned(5, config.dModel());
        Optional<Peer.Task> task = peer.embed(file, tokens, offsets, out, 1);
        assertEquals(peer.name().equals("ONNX Runtime"), task.isPresent());
        check(peer, task, expected, out, 2e-6); // elements of unit vectors; six layers of rounding
      }
    }
  }

  private static void check(
      Peer peer, Optional<Peer.Task> task, Matrix expected, Matrix actual, double bound) {
    if (task.isEmpty()) {
      return;
    }
    try (Peer.Task prepared = task.get()) {
      prepared.run();
    }
    for (int i = 0; i < expected.rows(); i++) {
      for (int j = 0; j < expected.columns(); j++) {
        float ours = expected.get(i, j);
        float theirs = actual.get(i, j);
        assertTrue(
            Math.abs(ours - theirs) <= bound,
            peer.name() + " at (" + i + ", " + j + "): " + theirs + ", we: " + ours);
      }
    }
  }

  private Matrix random(int rows, int columns) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(i, j, random.nextFloat(-1, 1));
      }
    }
    return matrix;
  }

  private Matrix poisoned(int rows, int columns) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    matrix.fill(Float.NaN);
    return matrix;
  }
}
