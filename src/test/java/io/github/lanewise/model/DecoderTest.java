package io.github.lanewise.model;

import static io.github.lanewise.testing.Bounds.assertRowsClose;
import static io.github.lanewise.testing.Bounds.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lanewise.memory.Matrix;
import io.github.lanewise.op.Lanewise;
import io.github.lanewise.testing.Allocation;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
  private static final long SEED = 7;
  private static final int CONTEXT = 96;
  private static Lanewise runtime;

  @BeforeAll
  static void start() {
    runtime = Lanewise.create(2);
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  static List<ModelConfig> variants() {
    return Variants.decoders();
  }

  @Test
  void warmsUpAllThatALayerMayHave() {
    ModelConfig config = Models.load("tiny-llama");
    Weights weights = Weights.random(runtime, config, SEED);
    Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
    assertTrue(decoder.warmUp());
    weights.close();
    assertThrows(IllegalStateException.class, decoder::warmUp);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void agreesWithTheDefinition(ModelConfig config) {
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      int[] tokens = tokens(config, 37, 1);
      Deviation.assertAsGoodAsPlainFloat(
          ReferenceTransformer.inDouble(weights).logits(tokens),
          ReferenceTransformer.inFloat(weights).logits(tokens),
          all(runtime, weights, tokens),
          config.name());
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void agreesInOneGoInChunksAndTokenByToken(ModelConfig config) {
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      int[] tokens = tokens(config, CONTEXT, 2);
      Matrix once = all(runtime, weights, tokens);
      for (int[] chunks : new int[][] {{1}, {7}, {50, 1, 45}, {95, 1}, {13, 31}}) {
        // Few queries are summed in another order than many, so bits differ; repeats do not.
        Matrix logits = inChunks(weights, tokens, chunks);
        assertRowsClose(once, logits, 1e-5);
        assertSameBits(logits, inChunks(weights, tokens, chunks));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-decoder", "tiny-llama"})
  void hasTheSameBitsWithAnyNumberOfThreads(String model) {
    ModelConfig config = Models.load(model);
    int[] tokens = tokens(config, CONTEXT, 3);
    List<Matrix> results = new ArrayList<>();
    for (int threads : new int[] {1, 2, 5}) {
      try (Lanewise team = Lanewise.create(threads);
          Weights weights = Weights.random(team, config, SEED)) {
        results.add(all(team, weights, tokens));
      }
    }
    assertSameBits(results.get(0), results.get(1));
    assertSameBits(results.get(0), results.get(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-decoder", "tiny-llama"})
  void hasTheSameBitsAloneAndInABatch(String model) {
    ModelConfig config = Models.load(model);
    int[] lengths = {5, 41, 1, 23};
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, 128);
      try (KvCache cache = decoder.newCache(lengths.length, CONTEXT)) {
        int[][] prompts = new int[lengths.length][];
        int[] offsets = new int[lengths.length + 1];
        for (int s = 0; s < lengths.length; s++) {
          prompts[s] = tokens(config, lengths[s], 10 + s);
          offsets[s + 1] = offsets[s] + lengths[s];
        }
        Matrix logits = Matrix.allocate(Arena.ofAuto(), lengths.length, config.vocabulary());
        PartTimes times = new PartTimes();
        int[] together = Arrays.stream(prompts).flatMapToInt(Arrays::stream).toArray();
        decoder.forward(together, offsets, cache, logits, times);
        // One more token each, as in decoding a batch.
        int[] next = {3, 1, 4, 1};
        decoder.forward(next, new int[] {0, 1, 2, 3, 4}, cache, logits, times);
        for (int s = 0; s < lengths.length; s++) {
          assertEquals(lengths[s] + 1, cache.length(s));
          int[] alone = Arrays.copyOf(prompts[s], lengths[s] + 1);
          alone[lengths[s]] = next[s];
          Matrix expected = inChunks(weights, alone, lengths[s], 1).rowRange(lengths[s], 1);
          assertSameBits(expected, logits.rowRange(s, 1));
        }
      }
    }
  }

  @Test
  void givesTheLogitsOfTheLastToken() {
    ModelConfig config = Models.load("tiny-llama");
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
      int[] tokens = tokens(config, 30, 4);
      try (KvCache cache = decoder.newCache(CONTEXT)) {
        Matrix last = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
        decoder.forward(tokens, cache, last);
        assertSameBits(all(runtime, weights, tokens).rowRange(29, 1), last);
      }
    }
  }

  @Test
  void forgetsWhatIsTruncated() {
    ModelConfig config = Models.load("tiny-decoder");
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
      Matrix first = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
      Matrix second = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
      try (KvCache cache = decoder.newCache(CONTEXT)) {
        decoder.forward(tokens(config, 20, 5), cache, first);
        decoder.forward(tokens(config, 20, 6), cache, first);
        cache.truncate(0, 20);
        decoder.forward(tokens(config, 20, 6), cache, second);
        assertSameBits(first, second);
        cache.clear();
        assertEquals(0, cache.length(0));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-decoder", "tiny-llama"})
  void allocatesNothingOnTheHeap(String model) {
    ModelConfig config = Models.load(model);
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
      int[] prompt = tokens(config, 40, 8);
      int[] next = {1};
      Matrix logits = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
      PartTimes times = new PartTimes();
      try (KvCache cache = decoder.newCache(CONTEXT)) {
        Runnable pass =
            () -> {
              cache.clear();
              decoder.forward(prompt, cache, logits, times);
              for (int i = 0; i < 5; i++) {
                next[0] = Decoder.argmax(logits, 0);
                decoder.forward(next, cache, logits, times);
              }
            };
        assertEquals(0, Allocation.ofCompiled(pass));
      }
    }
  }

  @Test
  void serializesNothingAndMixesUpNothingUnderManyThreads() throws InterruptedException {
    ModelConfig config = Models.load("tiny-llama");
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
      List<Throwable> failures = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int[] tokens = tokens(config, 10 + 17 * i, 20 + i);
        Matrix expected = all(runtime, weights, tokens);
        Thread thread =
            new Thread(
                () -> {
                  Matrix logits =
                      Matrix.allocate(Arena.ofAuto(), tokens.length, config.vocabulary());
                  try (KvCache cache = decoder.newCache(CONTEXT)) {
                    for (int round = 0; round < 20; round++) {
                      cache.clear();
                      decoder.forwardAll(tokens, cache, logits, new PartTimes());
                      assertSameBits(expected, logits);
                    }
                  } catch (Throwable failure) {
                    synchronized (failures) {
                      failures.add(failure);
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(List.of(), failures);
    }
  }

  @Test
  void reportsWhereTheTimeGoes() {
    ModelConfig config = Models.load("tiny-llama");
    List<String> told = new ArrayList<>();
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, CONTEXT);
      PartTimes times = new PartTimes((done, total) -> told.add(done + "/" + total));
      try (KvCache cache = decoder.newCache(CONTEXT)) {
        Matrix logits = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
        decoder.forward(tokens(config, 50, 9), cache, logits, times);
      }
      for (PartTimes.Part part : PartTimes.Part.values()) {
        boolean isDecoders =
            switch (part) {
              case POOLING, CROSS_KEYS, CROSS_ATTENTION -> false;
              default -> true;
            };
        assertEquals(isDecoders, times.nanos(part) > 0, part.label());
      }
      assertTrue(times.totalNanos() > times.nanos(PartTimes.Part.QKV));
      assertEquals(List.of("1/2", "2/2"), told);
      times.reset();
      assertEquals(0, times.totalNanos());
    }
  }

  @Test
  void refusesWrongArgumentsAndWritesNothing() {
    ModelConfig config = Models.load("tiny-decoder");
    try (Weights weights = Weights.random(runtime, config, SEED)) {
      Decoder decoder = Decoder.prepare(runtime, weights, 50);
      Matrix logits = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
      logits.fill(Float.NaN);
      try (KvCache cache = decoder.newCache(60);
          KvCache two = decoder.newCache(2, 60)) {
        refuse(
            "tokens has length 0, must be 1 to maxTokens = 50", decoder, new int[0], cache, logits);
        refuse(
            "tokens has length 51, must be 1 to maxTokens = 50",
            decoder,
            new int[51],
            cache,
            logits);
        refuse("tokens[1] is 259, must be 0 to 258", decoder, new int[] {1, 259}, cache, logits);
        refuse("tokens[0] is -1, must be 0 to 258", decoder, new int[] {-1}, cache, logits);
        refuse("cache holds 2 sequences", decoder, new int[] {1}, two, logits);
        refuse(
            "logits is [1, 258], must be [1, 259]",
            decoder,
            new int[] {1},
            cache,
            logits.columnRange(0, 258));
        refuse(
            "logits must be off-heap and writable",
            decoder,
            new int[] {1},
            cache,
            Matrix.of(logits.segment().asReadOnly(), 0, 1, 259, 259));
        assertEquals(0, cache.length(0));
        Matrix good = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
        decoder.forward(new int[50], cache, good);
        refuse(
            "sequence 0 has 50 cached tokens and 11 new ones, must not exceed the cache's capacity = 60",
            decoder,
            new int[11],
            cache,
            logits);
        assertEquals(50, cache.length(0));
        decoder.forward(new int[10], cache, good);
        int[] tokens = {1, 2, 3};
        for (int[] offsets :
            new int[][] {{}, {0}, {0, 3}, {0, 1, 2}, {1, 2, 3}, {0, 0, 3}, {0, 4, 3}}) {
          assertThrows(
              IllegalArgumentException.class,
              () -> decoder.forward(tokens, offsets, two, logits, new PartTimes()),
              Arrays.toString(offsets));
        }
        assertThrows(IllegalArgumentException.class, () -> cache.truncate(0, 61));
        assertThrows(IllegalArgumentException.class, () -> decoder.newCache(97));
        assertThrows(IllegalArgumentException.class, () -> decoder.newCache(0));
        assertThrows(IllegalArgumentException.class, () -> decoder.newCache(0, 5));
      }
      for (int id = 0; id < config.vocabulary(); id++) {
        assertTrue(Float.isNaN(logits.get(0, id)), "written at " + id);
      }
    }
  }

  @Test
  void refusesWhatIsClosedAndForeignCaches() {
    ModelConfig config = Models.load("tiny-decoder");
    Weights weights = Weights.random(runtime, config, SEED);
    Decoder decoder = Decoder.prepare(runtime, weights, 50);
    Matrix logits = Matrix.allocate(Arena.ofAuto(), 1, config.vocabulary());
    KvCache closed = decoder.newCache(60);
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> decoder.forward(new int[1], closed, logits));
    try (KvCache foreign = KvCache.allocate(Models.load("tiny-llama"), 1, 60);
        KvCache cache = decoder.newCache(60)) {
      refuse(
          "cache holds 2 layers of width 28, must hold 2 of width 60",
          decoder,
          new int[1],
          foreign,
          logits);
      weights.close();
      weights.close();
      assertThrows(IllegalStateException.class, () -> decoder.forward(new int[1], cache, logits));
      assertEquals(0, cache.length(0));
    }
  }

  @Test
  void refusesTheWeightsOfAnEncoder() {
    try (Weights weights = Weights.random(runtime, Models.load("tiny-encoder"), SEED)) {
      assertThrows(IllegalArgumentException.class, () -> Decoder.prepare(runtime, weights, 10));
    }
    try (Weights weights = Weights.random(runtime, Models.load("tiny-decoder"), SEED)) {
      assertThrows(IllegalArgumentException.class, () -> Decoder.prepare(runtime, weights, 0));
      assertThrows(IllegalArgumentException.class, () -> Encoder.prepare(runtime, weights, 10));
    }
  }

  @Test
  void choosesTheFirstLargestLogit() {
    Matrix logits = Matrix.copyOf(Arena.ofAuto(), 2, 4, -1, 5, 5, 2, 9, Float.NaN, 10, 3);
    assertEquals(1, Decoder.argmax(logits, 0));
    assertEquals(1, Decoder.argmax(logits, 1));
  }

  @Test
  void dependsOnTheSeed() {
    ModelConfig config = Models.load("tiny-decoder");
    int[] tokens = tokens(config, 5, 1);
    try (Weights one = Weights.random(runtime, config, 1);
        Weights two = Weights.random(runtime, config, 2)) {
      assertFalse(
          Arrays.equals(all(runtime, one, tokens).toArray(), all(runtime, two, tokens).toArray()));
    }
  }

  private static void refuse(
      String message, Decoder decoder, int[] tokens, KvCache cache, Matrix logits) {
    IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> decoder.forward(tokens, cache, logits));
    assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
  }

  private static int[] tokens(ModelConfig config, int count, long seed) {
    return new SplittableRandom(seed).ints(count, 0, config.vocabulary()).toArray();
  }

  private static Matrix all(Lanewise team, Weights weights, int[] tokens) {
    Decoder decoder = Decoder.prepare(team, weights, tokens.length);
    Matrix logits = Matrix.allocate(Arena.ofAuto(), tokens.length, weights.config().vocabulary());
    try (KvCache cache = decoder.newCache(tokens.length)) {
      decoder.forwardAll(tokens, cache, logits, new PartTimes());
    }
    return logits;
  }

  /** Cuts the tokens into chunks of the given sizes, over and over. */
  private static Matrix inChunks(Weights weights, int[] tokens, int... chunks) {
    Decoder decoder = Decoder.prepare(runtime, weights, tokens.length);
    Matrix logits = Matrix.allocate(Arena.ofAuto(), tokens.length, weights.config().vocabulary());
    try (KvCache cache = decoder.newCache(tokens.length)) {
      int from = 0;
      for (int i = 0; from < tokens.length; i++) {
        int to = Math.min(tokens.length, from + chunks[i % chunks.length]);
        int[] chunk = Arrays.copyOfRange(tokens, from, to);
        decoder.forwardAll(chunk, cache, logits.rowRange(from, to - from), new PartTimes());
        from = to;
      }
    }
    return logits;
  }
}
