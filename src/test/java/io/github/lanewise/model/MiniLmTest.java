package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.text.Tokens;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real model against ONNX Runtime. */
class MiniLmTest {
  private static final int SENTENCES = 1000;
  private static final double LEAST_COSINE = 0.999999;
  private static final double MOST_DIFFERENCE = 2e-6;

  @TempDir private static Path folder;
  private static MiniLm files;
  private static Lanewise runtime;
  private static EmbeddingModel model;

  @BeforeAll
  static void load() throws IOException {
    files = new MiniLm(folder);
    runtime = Lanewise.create(2);
    model = files.load(runtime);
  }

  @AfterAll
  static void close() {
    model.close();
    runtime.close();
  }

  @Test
  void agreesWithOnnxRuntimeOverAThousandSentences() throws Exception {
    List<Tokens> sentences = model.tokenize(sentences());
    Matrix vectors = Matrix.allocate(Arena.ofAuto(), sentences.size(), model.dimensions());
    model.encode(sentences, vectors);
    try (OnnxOracle oracle = new OnnxOracle(files.files().tensors())) {
      List<double[]> all = sentences.parallelStream().map(s -> oracle.embed(s.ids())).toList();
      for (int i = 0; i < sentences.size(); i++) {
        double[] expected = all.get(i);
        float[] actual = vectors.rowRange(i, 1).toArray();
        double dot = 0;
        double squares = 0;
        for (int c = 0; c < expected.length; c++) {
          assertEquals(expected[c], actual[c], MOST_DIFFERENCE, "sentence " + i + ", " + c);
          dot += expected[c] * actual[c];
          squares += (double) actual[c] * actual[c];
        }
        assertEquals(1, squares, 1e-6, "length of " + i);
        assertTrue(dot / Math.sqrt(squares) >= LEAST_COSINE, "sentence " + i);
      }
    }
  }

  @Test
  void ordersPairsAsOnnxRuntimeDoes() throws Exception {
    List<String> own = own();
    double[][] theirs;
    try (OnnxOracle oracle = new OnnxOracle(files.files().tensors())) {
      theirs =
          model.tokenize(own).stream().map(s -> oracle.embed(s.ids())).toArray(double[][]::new);
    }
    float[][] ours = model.embed(own);
    double[][] wide = new double[ours.length][];
    for (int i = 0; i < ours.length; i++) {
      wide[i] = new double[ours[i].length];
      for (int c = 0; c < wide[i].length; c++) {
        wide[i][c] = ours[i][c];
      }
    }
    assertEquals(order(theirs), order(wide));
  }

  /** Pairs of sentences, the most similar first. */
  private static List<String> order(double[][] vectors) {
    record Pair(String name, double similarity) {}
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < vectors.length; i++) {
      for (int j = i + 1; j < vectors.length; j++) {
        double dot = 0;
        for (int c = 0; c < vectors[i].length; c++) {
          dot += vectors[i][c] * vectors[j][c];
        }
        // What is nearer than rounding has no order.
        pairs.add(new Pair(i + "-" + j, Math.rint(dot * 1e5)));
      }
    }
    pairs.sort(Comparator.comparingDouble(Pair::similarity).reversed());
    return pairs.stream().map(Pair::name).limit(40).toList();
  }

  @Test
  void aTextHasTheSameBitsAloneAndInAList() throws IOException {
    List<String> own = own();
    float[][] together = model.embed(own);
    for (int i = 0; i < own.size(); i++) {
      assertArrayEquals(together[i], model.embed(own.get(i)));
    }
    try (Lanewise single = Lanewise.create(1);
        EmbeddingModel other = files.load(single)) {
      assertArrayEquals(together, other.embed(own));
    }
  }

  @Test
  void eightThreadsShareIt() throws Exception {
    List<String> own = own();
    Matrix expected = vectors(own);
    try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        calls.add(callers.submit(() -> assertSameBits(expected, vectors(own))));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    }
  }

  @Test
  void tellsOfLongTexts() {
    List<Tokens> tokens = model.tokenize(List.of("word ".repeat(1000)));
    assertEquals(model.maxTokens(), tokens.getFirst().ids().length);
    assertEquals(1002 - model.maxTokens(), tokens.getFirst().dropped());
  }

  private static Matrix vectors(List<String> texts) {
    Matrix vectors = Matrix.allocate(Arena.ofAuto(), texts.size(), model.dimensions());
    model.embed(texts, vectors);
    return vectors;
  }

  private static List<String> own() throws IOException {
    try (InputStream in = MiniLmTest.class.getResourceAsStream("sentences.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** Our own, and mixtures of their words, of any length up to the limit and above it. */
  private static List<String> sentences() throws IOException {
    List<String> sentences = new ArrayList<>(own());
    List<String> words = sentences.stream().flatMap(s -> List.of(s.split(" ")).stream()).toList();
    SplittableRandom random = new SplittableRandom(6);
    while (sentences.size() < SENTENCES) {
      int length = random.nextInt(1, random.nextInt(30) == 0 ? 260 : 20);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) {
        text.append(words.get(random.nextInt(words.size()))).append(' ');
      }
      sentences.add(text.toString());
    }
    return sentences;
  }
}
